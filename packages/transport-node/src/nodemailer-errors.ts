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

/** What its errors without a reply are called, and how far the message had come. Keys are their `code`. */
const FAILURES: ReadonlyMap<string, readonly [MailErrorCode, MailPhase]> = new Map([
  ["EENVELOPE", ["invalid-message", "input"]],
  ["EMAXRECIPIENTS", ["invalid-message", "input"]],
  ["EDNS", ["connect-failed", "connect"]],
  ["EPROXY", ["connect-failed", "connect"]],
  ["ETLS", ["tls-failed", "tls"]],
  ["EAUTH", ["auth-failed", "auth"]],
  ["EOAUTH2", ["auth-failed", "auth"]],
  ["EREQUIRETLS", ["unsupported", "mail"]],
  ["EMESSAGE", ["message-too-large", "mail"]],
  ["ESTREAM", ["attachment-failed", "body"]],
]);

/**
 * nodemailer's error as ours: by its `code`, its `command`, the reply it carries, and where the dialogue stood. Its text
 * decides nothing.
 */
export function translate(error: unknown, situation: Situation): MailError {
  if (isMailError(error)) return error;
  const { code, command, response, originalCode, syscall } = readError(error);
  const reply = response === undefined ? undefined : parseReply(response);
  // What stood without a line end when the server closed was not a complete reply.
  const isCutOff = code === "ECONNECTION" && command === "CONN";
  if (reply !== undefined && reply.code >= 400 && !isCutOff) {
    return refused(code === "EMESSAGE" ? "message" : (command ?? ""), reply, situation);
  }
  // With TLS 1.3 a server says only after the handshake that it does not like the client's certificate.
  const isEarly = situation.phase === "greeting" || situation.phase === "ehlo";
  if (situation.phase === "tls" || (isEarly && originalCode?.startsWith("ERR_SSL_"))) {
    const { message } = tlsFailed({ code: originalCode }, situation.host);
    return failed("tls-failed", message, { ...situation, phase: "tls" }, error);
  }
  if (syscall === "connect" || syscall === "getaddrinfo") {
    return failed("connect-failed", String(error), { ...situation, phase: "connect" }, error, { retryable: true });
  }
  if (code === "EPROTOCOL") return broken("The server sent a reply that does not end", situation);
  if (code === "EABORT") return interrupted("aborted", "The send was aborted", situation, error);
  if (code === "ETIMEDOUT") return interrupted("timeout", "The server did not answer in time", situation, error);
  const failure = situation.isUnknown ? undefined : FAILURES.get(code ?? "");
  if (failure === undefined) return interrupted("connection-lost", "The connection was lost", situation, error);
  const [ours, phase] = failure;
  return failed(ours, String(error), { ...situation, phase }, error, { retryable: ours === "connect-failed" });
}

/** The server said no. `command` as nodemailer calls it, or `message` for the final dot. */
export function refused(command: string, reply: SmtpReply, situation: Situation): MailError {
  const [code, phase, what] = nameRefusal(command, reply);
  // A server that cannot start TLS now may just as well be somebody in between: no reason to try again by itself.
  const facts = code === "tls-required" ? { reply, retryable: false } : { reply };
  return failed(code, `${what}: ${formatReply(reply)}`, { ...situation, phase }, undefined, facts);
}

/** Every recipient of every transaction was refused. */
export function allRefused(rejected: readonly RejectedRecipient[], situation: Situation): MailError {
  return failed(
    "recipients-rejected",
    `The server refused every one of ${rejected.length} recipients.`,
    { ...situation, phase: "rcpt", refused: rejected },
    undefined,
    { reply: rejected.at(-1)?.reply, retryable: rejected.some(({ retryable }) => retryable) },
  );
}

/** Some were refused, and the others were not to get the message without them. */
export function notToAll(situation: Situation): MailError {
  const { refused: recipients } = situation;
  const names = recipients.map(({ address }) => address).join(", ");
  return failed(
    "recipients-rejected",
    `The server refused ${names}, so nothing was sent.`,
    { ...situation, phase: "rcpt" },
    undefined,
    { reply: recipients.at(-1)?.reply, retryable: recipients.every(({ retryable }) => retryable) },
  );
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

type ErrorField = "code" | "command" | "response" | "originalCode" | "syscall";

function readError(error: unknown): { readonly [Field in ErrorField]: string | undefined } {
  const fields: Partial<Record<ErrorField, unknown>> = typeof error === "object" && error !== null ? error : {};
  const text = (field: ErrorField) => (typeof fields[field] === "string" ? fields[field] : undefined);
  return {
    code: text("code"),
    command: text("command"),
    response: text("response"),
    originalCode: text("originalCode"),
    syscall: text("syscall"),
  };
}

function nameRefusal(command: string, { code, enhancedCode }: SmtpReply): readonly [MailErrorCode, MailPhase, string] {
  if (command.startsWith("AUTH")) return ["auth-failed", "auth", "The server did not accept the credentials"];
  if (command === "MAIL FROM" && code === 530) return ["auth-failed", "mail", "The server wants credentials first"];
  const isMessage = command === "message";
  // RFC 1870 section 6: at MAIL for the size that was declared, after the message for the size it had.
  const isTooLarge = enhancedCode === "5.3.4" || (!isMessage && code === 552 && enhancedCode === undefined);
  if (isTooLarge && (isMessage || command === "MAIL FROM")) {
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
