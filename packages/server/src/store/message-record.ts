import type { DsnInput, MailErrorCode, MailPhase, SmtpReply } from "@edgepost/core";

/**
 * - `queued`, `scheduled`: nothing was tried yet; it is due now, or at the time that was asked for.
 * - `sending`: an attempt is open.
 * - `deferred`: an attempt failed for some recipients, and another will be made.
 * - `sent`: every recipient was accepted. `partial`: some were.
 * - `failed`: nobody was. `suppressed`: nobody was even asked. `cancelled`: nobody will be.
 * - `unknown`: nobody can tell whether anybody has it.
 */
export const MESSAGE_STATES = [
  "queued",
  "scheduled",
  "sending",
  "sent",
  "partial",
  "deferred",
  "failed",
  "cancelled",
  "suppressed",
  "unknown",
] as const;

/** See {@link MESSAGE_STATES}. */
export type MessageState = (typeof MESSAGE_STATES)[number];

/** A message, and what became of it: the log and the outbox are these rows. */
export interface MessageRecord extends MessageOutcome {
  /** A UUID that sorts by the time it was made. */
  readonly id: string;
  /** Id of the API key that sent it. */
  readonly key: string;
  /** Null for a connection that was brought along. */
  readonly connection: string | null;
  /** The request it was made by, while that must not be answered by another one. */
  readonly idempotency: Idempotency | null;
  /** The Message-ID, with its angle brackets. */
  readonly messageId: string;
  /** Decoded. */
  readonly subject: string;
  /** Who it is from, and to, as SMTP is told. */
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** When it was written down, in milliseconds since 1970, as are the other times. */
  readonly createdAt: number;
  /** What to do when some recipients are refused. */
  readonly recipientsMode: "best-effort" | "all-or-none";
  /** What to do when nobody can tell whether it was accepted. */
  readonly onUnknown: "keep" | "retry";
  /** No attempt begins after this. Null for a message that is sent while its request waits. */
  readonly expiresAt: number | null;
  /** Attempts so far, the open one included. */
  readonly attempts: number;
  /** How many of them ended with their process. */
  readonly interruptions: number;
}

/** What became of a message so far. */
export interface MessageOutcome {
  /** What became of it as a whole. */
  readonly state: MessageState;
  /** In the order of the envelope. */
  readonly recipients: readonly RecipientRecord[];
  /** The mail server's last word. */
  readonly reply: SmtpReply | null;
  /** What was asked for and the mail server did not offer, for example `dsn`. */
  readonly downgrades: readonly string[];
  /** Octets as sent; before and without that, as they would be at most. */
  readonly size: number;
  /** What the last attempt failed with. */
  readonly error: MessageFailure | null;
  /** When the next attempt is due; null when there will be none. */
  readonly dueAt: number | null;
  /** When it was over; null while it is not. */
  readonly finishedAt: number | null;
}

/**
 * `deferred`: refused for now, and tried again. `rejected`: refused for good, or given up. `suppressed`: not asked. `unknown`:
 * nobody can tell.
 */
export const RECIPIENT_STATES = ["queued", "accepted", "deferred", "rejected", "suppressed", "unknown"] as const;

/** See {@link RECIPIENT_STATES}. */
export type RecipientState = (typeof RECIPIENT_STATES)[number];

/** One recipient, and what became of the message for it. */
export interface RecipientRecord {
  /** As it stands in the envelope. */
  readonly address: string;
  /** What became of the message for this recipient. */
  readonly state: RecipientState;
  /** What the mail server said to refuse it. */
  readonly reply: SmtpReply | null;
}

/** The facts of the `MailError` a message failed with. */
export interface MessageFailure {
  /** The stable word to switch on. */
  readonly code: MailErrorCode;
  /** How far the message had come. */
  readonly phase: MailPhase;
  /** What happened, for humans. */
  readonly detail: string;
  /** Whether the same message may succeed later, and cannot arrive twice. */
  readonly retryable: boolean;
}

/**
 * A message that is ready, as it will leave: the same octets in every attempt. What is not in them but said to the mail
 * server beside them, DSN and REQUIRETLS, is kept with them.
 */
export interface StoredBody {
  /** The whole message, CRLF line ends, not dot-stuffed. */
  readonly bytes: Uint8Array;
  /** Which delivery status notifications are asked for (RFC 3461). */
  readonly dsn: DsnInput | null;
  /** Whether every server on the way must use TLS (RFC 8689). */
  readonly requireTls: boolean;
  /** True when it stays after the message was sent, for the log. */
  readonly isKept: boolean;
}

/** Ties a row to the request that made it. */
export interface Idempotency {
  /** The path of the request. */
  readonly route: string;
  /** Its `Idempotency-Key`. */
  readonly key: string;
  /** SHA-256 of what was asked, in hex. */
  readonly fingerprint: string;
}

/** Which messages of the log, and how many. */
export interface MessageQuery {
  /** How many at most. */
  readonly limit: number;
  /** Only messages made before the one with this id. */
  readonly before?: string | undefined;
  /** Only messages in this state. */
  readonly state?: MessageState | undefined;
  /** Only messages over this connection. */
  readonly connection?: string | undefined;
  /** Only messages of this API key. */
  readonly key?: string | undefined;
  /** Only messages with this envelope recipient. */
  readonly recipient?: string | undefined;
}
