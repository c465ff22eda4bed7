import type { MailErrorCode, MailErrorFacts, MailPhase, RejectedRecipient } from "@edgepost/core";
import { isMailError, MailError } from "@edgepost/core";

/** Where a dialogue stands, for the error that ends it. */
export interface Situation {
  readonly host: string;
  readonly phase: MailPhase;
  /** The server has said that TLS comes next. */
  readonly isHandshake: boolean;
  /** The final dot may have arrived, and its reply has not. */
  readonly isUnknown: boolean;
  /** Recipients of the message under way that the server refused. */
  readonly refused: readonly RejectedRecipient[];
  readonly trace: readonly string[];
}

/** An error with everything that is known. */
export function failed(
  code: MailErrorCode,
  message: string,
  { phase, refused: recipients, trace }: Situation,
  facts: Pick<MailErrorFacts, "reply" | "retryable" | "cause"> = {},
): MailError {
  return new MailError(code, message, { phase, trace, ...facts, ...(recipients.length > 0 && { recipients }) });
}

/** The dialogue came to an end in the middle. After the final dot that leaves the outcome unknown, whatever ended it. */
export function interrupted(
  code: "connection-lost" | "timeout" | "aborted" | "protocol-error",
  what: string,
  situation: Situation,
  facts: Pick<MailErrorFacts, "reply" | "cause"> = {},
): MailError {
  if (situation.isUnknown) {
    const message = `${what} after the whole message was sent and before the server answered: it may have been delivered.`;
    return failed("delivery-unknown", message, situation, { ...facts, retryable: false });
  }
  const retryable = code === "connection-lost" || code === "timeout";
  return failed(code, `${what} in phase "${situation.phase}".`, situation, { ...facts, retryable });
}

/** The server broke a rule of the dialogue, and nobody can tell what its replies mean. */
export function broken(what: string, situation: Situation, facts: Pick<MailErrorFacts, "reply"> = {}): MailError {
  return interrupted("protocol-error", what, situation, facts);
}

/** STARTTLS, which this connection requires. */
export function notOffered(situation: Situation): MailError {
  const message = `${situation.host} offers no STARTTLS, which this connection requires.`;
  return failed("tls-required", message, { ...situation, phase: "tls" });
}

/** What the server sent is no reply at all. To STARTTLS that is somebody in between, or no TLS. */
export function senseless(what: string, situation: Situation, facts: Pick<MailErrorFacts, "reply"> = {}): MailError {
  return situation.phase === "tls"
    ? failed("tls-failed", `${what}.`, situation, facts)
    : broken(what, situation, facts);
}

/** The message broke off: its final dot is never sent. */
export function unreadable(cause: unknown, situation: Situation): MailError {
  if (isMailError(cause)) return cause;
  return failed("attachment-failed", "The message could not be read to its end.", situation, { cause });
}
