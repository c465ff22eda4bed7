import type { RejectedRecipient, SmtpReply } from "./receipt.ts";

/**
 * What went wrong, in one stable word. People switch on it; nothing is ever decided by searching a message.
 */
export type MailErrorCode =
  | "invalid-message"
  | "invalid-connection"
  | "unsupported"
  | "connect-failed"
  | "tls-failed"
  | "tls-required"
  | "auth-failed"
  | "auth-unsupported"
  | "auth-insecure"
  | "greeting-rejected"
  | "sender-rejected"
  | "recipients-rejected"
  | "message-rejected"
  | "message-too-large"
  | "smtputf8-unsupported"
  | "rate-limited"
  | "connection-lost"
  | "delivery-unknown"
  | "timeout"
  | "aborted"
  | "protocol-error"
  | "attachment-failed"
  | "closed";

/** How far the message had come, in the order of an SMTP session. `input` is before any network. */
export type MailPhase =
  | "input"
  | "connect"
  | "greeting"
  | "ehlo"
  | "tls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "body"
  | "idle";

/** One thing wrong with an input: where (`to[2].address`, `tls.minVersion`; empty for the whole), and what to do. */
export interface Issue {
  /** Dots and indices, `attachments[0].filename`; empty for the whole. */
  readonly path: string;
  /** What is wrong and what to do, without the path. It quotes no secret. */
  readonly message: string;
}

/** The facts of a {@link MailError}. Never a secret: no password, no token, no message body. */
export interface MailErrorFacts {
  /** How far the message had come. */
  readonly phase: MailPhase;
  /** Default: whether `reply` is a 4yz; without a reply, false. */
  readonly retryable?: boolean | undefined;
  /** The server's answer, where it gave one. */
  readonly reply?: SmtpReply | undefined;
  /** Who was refused, each with the reply. */
  readonly recipients?: readonly RejectedRecipient[] | undefined;
  /** Everything wrong with an input. */
  readonly issues?: readonly Issue[] | undefined;
  /** The last lines of the redacted `C:` / `S:` dialogue. */
  readonly trace?: readonly string[] | undefined;
  /** The runtime's own error, or that of a stream or function of the caller. */
  readonly cause?: unknown;
}

/** Survives two copies of this module in one process (ESM beside CommonJS, two versions), where `instanceof` fails. */
const BRAND: unique symbol = Symbol.for("@edgepost/core/MailError") as never;

/**
 * The one error of edgepost.
 *
 * `code` says what happened, `phase` how far the message had come, `retryable` whether sending the same message again
 * may succeed and cannot deliver it twice, `reply` the server's own words where it spoke. A failure whose outcome cannot
 * be known is `delivery-unknown` and never `retryable`.
 *
 * @example
 * try { await mailer.send(message); }
 * catch (error) { if (isMailError(error) && error.retryable) later(message); else throw error; }
 */
export class MailError extends Error {
  override readonly name = "MailError";
  /** What went wrong. The word to switch on. */
  readonly code: MailErrorCode;
  /** How far the message had come. */
  readonly phase: MailPhase;
  /** Sending the same message again may succeed, and cannot deliver it twice. */
  readonly retryable: boolean;
  /** The server's answer, where it gave one. */
  declare readonly reply?: SmtpReply;
  /** Who was refused, each with the reply. */
  declare readonly recipients?: readonly RejectedRecipient[];
  /** Everything wrong with an input, all of it at once. */
  declare readonly issues?: readonly Issue[];
  /** The last lines of the dialogue, `C: …` and `S: …`, without credentials and message. */
  declare readonly trace?: readonly string[];

  constructor(code: MailErrorCode, message: string, facts: MailErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.phase = facts.phase;
    this.retryable = facts.retryable ?? (facts.reply !== undefined && isTransient(facts.reply));
    if (facts.reply !== undefined) this.reply = facts.reply;
    if (facts.recipients !== undefined) this.recipients = facts.recipients;
    if (facts.issues !== undefined) this.issues = facts.issues;
    if (facts.trace !== undefined) this.trace = facts.trace;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * True for a {@link MailError} of any copy of this package.
 *
 * @example
 * await mailer.send(message).catch((error) => {
 *   if (!isMailError(error) || error.code !== "recipients-rejected") throw error;
 *   for (const { address, reply } of error.recipients ?? []) console.log(address, reply.text);
 * });
 */
export function isMailError(error: unknown): error is MailError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** A 4yz reply: the server asks to try later (RFC 5321 section 4.2.1). */
export function isTransient(reply: SmtpReply): boolean {
  return reply.code >= 400 && reply.code < 500;
}

/** One error for everything that is wrong with an input, so that nobody repairs it one line at a time. */
export function inputError(code: "invalid-message" | "invalid-connection", issues: readonly Issue[]): MailError {
  const what = code === "invalid-message" ? "The message cannot be sent" : "The connection cannot be used";
  const lines = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return new MailError(code, `${what}: ${lines.join("; ")}`, { phase: "input", retryable: false, issues });
}
