import type { SmtpReply } from "@edgepost/core";
import type { MessageFailure, MessageOutcome, MessageRecord } from "./message-record.ts";

/**
 * The messages that wait, and those that are being sent.
 *
 * A message that waits has a time it is due at. Who wants to send it leases it, and gets a fencing token: a number that
 * every lease raises. Each later step names the token, and does nothing when it is not the last one: then the lease
 * ran out, or the message was cancelled, and somebody else may be at it.
 */
export interface OutboxStore {
  /** The connections that have a message waiting, and when the first of each is due. */
  lanes(): Promise<readonly Lane[]>;
  /** Leases messages of a connection that are due, the longest due first; or those of the given ids that are. */
  lease(wanted: Wanted): Promise<readonly LeasedMessage[]>;
  /** Keeps leases for longer, as far as they are held. */
  renew(leases: readonly Lease[], until: number): Promise<void>;
  /** Gives back leases under which nothing was begun. */
  release(leases: readonly Lease[]): Promise<void>;
  /** Attempt opened: written before MAIL. False when the lease is not held any more: then nothing may be sent. */
  openAttempt(lease: Lease, at: number): Promise<boolean>;
  /** Final dot about to be sent: written before the last octets. False as for {@link OutboxStore.openAttempt}. */
  markFinal(lease: Lease, at: number): Promise<boolean>;
  /**
   * Done: what the attempt came to, for the message and for itself. A word that comes late, after the lease ran out and the
   * message was called unknown, still counts, unless another attempt was begun meanwhile. False when it does not.
   */
  settle(lease: Lease, outcome: SettledOutcome): Promise<boolean>;
  /** Takes over leases that ended before `endedBefore`: whoever had them is gone, or will find that he lost them. */
  takeOver(wanted: TakeOver): Promise<readonly AbandonedMessage[]>;
  /**
   * Changes a message that is not being sent: another time, no time, or a new one for one that was done with. Every lease of
   * it is void then. False when it is not any more as it was seen.
   */
  revise(seen: MessageRecord, outcome: MessageOutcome, expiresAt: number, at: number): Promise<boolean>;

  /** Messages that become due within a time and that nobody has leased, the longest due first: for a sweep. */
  due(within: DueWindow): Promise<readonly { id: string; connection: string; dueAt: number }[]>;
  /** How many messages wait; `most` when there are that many or more. */
  depth(most: number): Promise<number>;
  /** The connections that have messages waiting, with how many: for whoever watches. */
  backlog(): Promise<readonly (Lane & { readonly waiting: number })[]>;
  /** Every attempt of a message, the first one first. */
  attempts(id: string): Promise<readonly AttemptRecord[]>;

  /** How a connection may be used. */
  pace(connection: string): Promise<Pace>;
  /** Lets a connection rest until a time, and writes down why; null ends that. */
  pause(connection: string, until: number | null, reason: string, at: number): Promise<void>;
  /** Counts one message of a day, unless `most` were counted; false then. */
  countMessage(connection: string, day: number, most: number): Promise<boolean>;
}

/** A connection that has messages waiting. */
export interface Lane {
  /** The name of the connection. */
  readonly connection: string;
  /** When the first of its messages is due. */
  readonly dueAt: number;
}

/** A stretch of time, and how many messages of it. */
export interface DueWindow {
  /** Where the last sweep ended: only what comes after this message, or this time with the empty id. */
  readonly after: { readonly dueAt: number; readonly id: string };
  /** Only what is due before. */
  readonly before: number;
  /** How many at most. */
  readonly limit: number;
}

/** Which messages are leased. */
export interface Wanted {
  /** The messages of one connection, or these. */
  readonly from: { readonly connection: string; readonly limit: number } | { readonly ids: readonly string[] };
  /** Only what is due by now. */
  readonly now: number;
  /** When the leases end. */
  readonly until: number;
  /** Who leases: a name no other process has. */
  readonly holder: string;
}

/** Which leases are taken over. */
export interface TakeOver {
  /** Leases that ended before this. */
  readonly endedBefore: number;
  /** When the new leases end. */
  readonly until: number;
  /** Who takes over. */
  readonly holder: string;
  /** How many at most. */
  readonly limit: number;
}

/** The right to send one message, for a time. */
export interface Lease {
  /** The id of the message. */
  readonly id: string;
  /** The fencing token. */
  readonly fence: number;
  /** The number of the attempt this lease is for, from 1. */
  readonly attempt: number;
}

/** The lease of a message that is written down by whoever sends it at once. */
export const FIRST_LEASE = { fence: 1, attempt: 1 } as const;

/** A message, and the right to send it. */
export interface LeasedMessage {
  /** The right to send it. */
  readonly lease: Lease;
  /** As it is; its body is asked for when it is its turn. */
  readonly message: MessageRecord & { readonly connection: string };
}

/** A message whose lease ended before it was done with. */
export interface AbandonedMessage {
  /** The new lease, of whoever took over. */
  readonly lease: Lease;
  /** As it was left. */
  readonly message: MessageRecord;
  /** Undefined when no attempt was opened under this lease. */
  readonly stage: AttemptStage | undefined;
}

/** What an attempt came to, and what that means for its message. */
export interface SettledOutcome {
  /** What the attempt means for its message. */
  readonly message: MessageOutcome;
  /** When that was known. */
  readonly at: number;
  /** False gives the idempotency key free: the same request may try again. */
  readonly keepsIdempotency: boolean;
  /** True when the process that made the attempt is gone. */
  readonly isInterruption: boolean;
  /** The dialogue, where it is kept. */
  readonly transcript?: readonly string[] | undefined;
}

/** `opened`: nothing was delivered yet. `final`: the final dot may have left. `done`: it is known what became of it. */
export type AttemptStage = "opened" | "final" | "done" | "interrupted";

/** One attempt. */
export interface AttemptRecord {
  /** Counts from 1. */
  readonly number: number;
  /** How far it had come. */
  readonly stage: AttemptStage;
  /** When it was opened, before MAIL. */
  readonly openedAt: number;
  /** When its final dot was about to be sent. */
  readonly finalAt: number | null;
  /** When it was known what became of it. */
  readonly endedAt: number | null;
  /** The mail server's last word in it. */
  readonly reply: SmtpReply | null;
  /** What it failed with. */
  readonly error: MessageFailure | null;
  /** The dialogue with the mail server, without credentials and content; null where that was not kept. */
  readonly transcript: readonly string[] | null;
}

/** Whether a connection is left alone. */
export interface Pace {
  /** Nothing is sent before; null when it is not paused. */
  readonly pausedUntil: number | null;
  /** What it failed with. */
  readonly reason: string | null;
}
