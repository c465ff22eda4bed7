import type { MailError, MailErrorCode, MailPhase, RejectedRecipient, SmtpReply } from "@edgepost/core";
import { formatReply } from "./reply-lines.ts";
import { failed, type Situation } from "./situation.ts";

/** What a server can refuse: the connection by its greeting, a command, the message after its final dot. */
export type Refusable = keyof typeof REFUSALS;

type Refusal = readonly [code: MailErrorCode, phase: MailPhase, what: string];

const REFUSALS = {
  greeting: ["greeting-rejected", "greeting", "The server takes no mail"],
  EHLO: ["tls-required", "ehlo", "The server refused EHLO, and with it the TLS that this connection requires"],
  HELO: ["greeting-rejected", "ehlo", "The server refused the greeting"],
  STARTTLS: ["tls-required", "tls", "The server did not start TLS, which this connection requires"],
  AUTH: ["auth-failed", "auth", "The server did not accept the credentials"],
  MAIL: ["sender-rejected", "mail", "The server refused the sender"],
  RCPT: ["recipients-rejected", "rcpt", "The server refused every recipient"],
  DATA: ["message-rejected", "data", "The server refused the message"],
  message: ["message-rejected", "body", "The server refused the message"],
} as const satisfies Record<string, Refusal>;

const TOO_LARGE = { MAIL: "mail", message: "body" } as const;

export function isRefusable(what: string): what is Refusable {
  return Object.hasOwn(REFUSALS, what);
}

/** The server said no. */
export function refused(what: Refusable, reply: SmtpReply, situation: Situation): MailError {
  const [code, phase, words] = nameRefusal(what, reply);
  // A server that cannot start TLS now may just as well be somebody in between: no reason to try again by itself.
  const facts = code === "tls-required" ? { reply, retryable: false } : { reply };
  return failed(code, `${words}: ${formatReply(reply)}`, { ...situation, phase }, facts);
}

/** Every recipient of every transaction was refused. */
export function allRefused(rejected: readonly RejectedRecipient[], situation: Situation): MailError {
  const message = `The server refused every one of ${rejected.length} recipients.`;
  return failed(
    "recipients-rejected",
    message,
    { ...situation, phase: "rcpt", refused: rejected },
    {
      reply: rejected.at(-1)?.reply,
      retryable: rejected.some(({ retryable }) => retryable),
    },
  );
}

/** Some were refused, and the others were not to get the message without them. */
export function notToAll(situation: Situation): MailError {
  const { refused: rejected } = situation;
  const message = `The server refused ${rejected.map(({ address }) => address).join(", ")}, so nothing was sent.`;
  return failed(
    "recipients-rejected",
    message,
    { ...situation, phase: "rcpt" },
    {
      reply: rejected.at(-1)?.reply,
      retryable: rejected.every(({ retryable }) => retryable),
    },
  );
}

/** A stream outgrew what the server takes. It is broken off before: some servers read the rest as commands. */
export function tooLarge(mostBytes: number, situation: Situation): MailError {
  const message = `The message is larger than the ${mostBytes} bytes the server takes.`;
  return failed("message-too-large", message, { ...situation, phase: "body" });
}

function nameRefusal(what: Refusable, { code, enhancedCode }: SmtpReply): Refusal {
  const refusal = REFUSALS[what];
  // Before MAIL a 421 refuses the session, not the step.
  if (code === 421 && (refusal[0] === "tls-required" || refusal[0] === "auth-failed")) {
    return ["greeting-rejected", refusal[1], "The server is closing the connection"];
  }
  if (what === "MAIL" && code === 530) return ["auth-failed", "mail", "The server wants credentials first"];
  // RFC 1870 section 6: at MAIL for the size that was declared, after the message for the size it had.
  const isTooLarge = enhancedCode === "5.3.4" || (what === "MAIL" && code === 552 && enhancedCode === undefined);
  if (isTooLarge && (what === "MAIL" || what === "message")) {
    return ["message-too-large", TOO_LARGE[what], "The message is too large for the server"];
  }
  return refusal;
}
