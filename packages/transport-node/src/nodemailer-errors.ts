import type { MailErrorCode, MailErrorFacts, MailPhase, RejectedRecipient, SmtpReply } from "@edgepost/core";
import { isMailError, MailError } from "@edgepost/core";
import { formatReply, parseReply } from "./reply-lines.ts";
import { tlsFailed } from "./socket-errors.ts";

/** Where a dialogue stood when something went wrong. */
export interface Situation {
  readonly host: string;
  readonly phase: MailPhase;
  /** The final dot may have arrived, and its reply has not. */
  readonly isUnknown: boolean;
  readonly refused: readonly RejectedRecipient[];
  readonly trace: readonly string[];
}

/** What the refusal of a command is called, and in words. Keys as nodemailer has them in `error.command`. */
const REFUSALS: ReadonlyMap<string, readonly [MailErrorCode, MailPhase, string]> = new Map([
  ["CONN", ["greeting-rejected", "greeting", "The server takes no mail"]],
  ["EHLO", ["tls-required", "ehlo", "The server refused EHLO, and with it the TLS that this connection requires"]],
  ["HELO", ["greeting-rejected", "ehlo", "The server refused the greeting"]],
  ["STARTTLS", ["tls-required", "tls", "The server did not start TLS, which this connection requires"]],
  ["MAIL FROM", ["sender-rejected", "mail", "The server refused the sender"]],
  ["RCPT TO", ["recipients-rejected", "rcpt", "The server refused every recipient"]],
  ["DATA", ["message-rejected", "data", "The server refused the message"]],
]);

/**
 * nodemailer's error as ours: by its `code`, its `command`, the reply it carries, and where the dialogue stood. Its text
 * decides nothing.
 */
export function translate(error: unknown, situation: Situation): MailError {
  if (isMailError(error)) return error;
  const { code, command, response, originalCode } = readError(error);
  const reply = response === undefined ? undefined : parseReply(response);
  // What stood without a line end when the server closed was not a complete reply.
  const isCutOff = code === "ECONNECTION" && command === "CONN";
  if (reply !== undefined && reply.code >= 400 && !isCutOff) {
    return refused(code === "EMESSAGE" ? "message" : (command ?? ""), reply, situation);
  }
  // Its own checks, before it says anything: an address with angle brackets, a message over the SIZE limit.
  if (code === "EENVELOPE") return failed("invalid-message", String(error), { ...situation, phase: "input" }, error);
  if (code === "EMESSAGE") return failed("message-too-large", String(error), { ...situation, phase: "mail" }, error);
  // With TLS 1.3 a server says only after the handshake that it does not like the client's certificate.
  const isEarly = situation.phase === "greeting" || situation.phase === "ehlo";
  if (situation.phase === "tls" || (isEarly && originalCode?.startsWith("ERR_SSL_"))) {
    const { message } = tlsFailed({ code: originalCode }, situation.host);
    return failed("tls-failed", message, { ...situation, phase: "tls" }, error);
  }
  if (code === "EPROTOCOL") return broken("The server sent a reply that does not end", situation);
  return interrupted("connection-lost", "The connection was lost", situation, error);
}

/** The server said no. `command` as nodemailer calls it, or `message` for the final dot. */
export function refused(command: string, reply: SmtpReply, situation: Situation): MailError {
  const [code, phase, what] = nameRefusal(command, reply);
  return failed(code, `${what}: ${formatReply(reply)}`, { ...situation, phase }, undefined, { reply });
}

/** The server broke a rule of the dialogue, and nobody can tell what its replies mean. */
export function broken(what: string, situation: Situation, reply?: SmtpReply): MailError {
  return interrupted("protocol-error", what, situation, undefined, { reply });
}

/** The dialogue came to an end in the middle. After the final dot that leaves the outcome unknown, whatever ended it. */
export function interrupted(
  code: "connection-lost" | "timeout" | "aborted" | "protocol-error",
  what: string,
  situation: Situation,
  cause?: unknown,
  facts: Pick<MailErrorFacts, "reply"> = {},
): MailError {
  if (situation.isUnknown) {
    const message = `${what} after the whole message was sent and before the server answered: it may have been delivered.`;
    return failed("delivery-unknown", message, situation, cause, { ...facts, retryable: false });
  }
  const retryable = code === "connection-lost" || code === "timeout";
  return failed(code, `${what} in phase "${situation.phase}".`, situation, cause, { ...facts, retryable });
}

type ErrorField = "code" | "command" | "response" | "originalCode";

function readError(error: unknown): { readonly [Field in ErrorField]: string | undefined } {
  const fields: Partial<Record<ErrorField, unknown>> = typeof error === "object" && error !== null ? error : {};
  const text = (field: ErrorField) => (typeof fields[field] === "string" ? fields[field] : undefined);
  return {
    code: text("code"),
    command: text("command"),
    response: text("response"),
    originalCode: text("originalCode"),
  };
}

function nameRefusal(command: string, { code, enhancedCode }: SmtpReply): readonly [MailErrorCode, MailPhase, string] {
  if (command.startsWith("AUTH")) return ["auth-failed", "auth", "The server did not accept the credentials"];
  if (command === "MAIL FROM" && code === 530) return ["auth-failed", "mail", "The server wants credentials first"];
  const isMessage = command === "message";
  // RFC 1870 section 6: at MAIL for the size that was declared, after the message for the size it had.
  if ((isMessage || command === "MAIL FROM") && (code === 552 || enhancedCode === "5.3.4")) {
    return ["message-too-large", isMessage ? "body" : "mail", "The message is too large for the server"];
  }
  if (isMessage) return ["message-rejected", "body", "The server refused the message"];
  const refusal = REFUSALS.get(command) ?? REFUSALS.get("CONN");
  // Before MAIL a 421 refuses the session, not the step.
  if (refusal === undefined || (code === 421 && refusal[0] === "tls-required")) {
    return ["greeting-rejected", refusal?.[1] ?? "greeting", "The server is closing the connection"];
  }
  return refusal;
}

function failed(
  code: MailErrorCode,
  message: string,
  { phase, refused: recipients, trace }: Situation,
  cause: unknown,
  facts: Pick<MailErrorFacts, "reply" | "retryable"> = {},
): MailError {
  return new MailError(code, message, { phase, trace, cause, ...facts, ...(recipients.length > 0 && { recipients }) });
}
