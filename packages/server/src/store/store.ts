import type { MailErrorCode, MailPhase, RejectedRecipient, SmtpReply } from "@edgepost/core";
import type { Scope } from "../keys/scopes.ts";

/**
 * Where a server keeps what must outlive a request: keys, connections and the log of messages. Times are milliseconds
 * since 1970. Nothing in here is secret in clear: tokens are hashes, credentials are sealed.
 */
export interface Store {
  /** What the server itself remembers. */
  readonly settings: SettingStore;
  /** API keys made while it runs. */
  readonly keys: KeyStore;
  /** Connections made while it runs. */
  readonly connections: ConnectionStore;
  /** The log. */
  readonly messages: MessageStore;
  /** Rejects when the store cannot answer. */
  check(): Promise<void>;
  /** After the last request. */
  close(): Promise<void>;
}

/** What the server itself remembers, by name. */
export interface SettingStore {
  /** Keeps a value, unless there is one already; resolves with the one that is there now. */
  keep(name: string, value: string): Promise<string>;
  /** Puts a value in the place of what is there. */
  replace(name: string, value: string): Promise<void>;
}

/** Stored API keys, by id. */
export interface KeyStore {
  /** The id is random, and not taken. */
  insert(key: KeyRecord): Promise<void>;
  /** Undefined when there is none. */
  find(id: string): Promise<KeyRecord | undefined>;
  /** In the order they were made. */
  list(): Promise<readonly KeyRecord[]>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}

/** A stored API key; its token is nowhere. */
export interface KeyRecord {
  /** Stands in the token too, so that the row is found by it. */
  readonly id: string;
  /** For people and logs. */
  readonly name: string;
  /** A keyed hash of the token, in hex. */
  readonly hash: string;
  /** What it may do. */
  readonly scopes: readonly Scope[];
  /** Names of the connections it may use; null for all. */
  readonly connections: readonly string[] | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
}

/** Stored connections, by name. */
export interface ConnectionStore {
  /** False when the name is taken. */
  insert(connection: ConnectionRecord): Promise<boolean>;
  /** Undefined when there is none of this name. */
  find(name: string): Promise<ConnectionRecord | undefined>;
  /** The one connection that is used when a message names none. */
  findSystem(): Promise<ConnectionRecord | undefined>;
  /** By name. */
  list(): Promise<readonly ConnectionRecord[]>;
  /** Replaces the row that still has the revision before this one; false when somebody was faster. */
  update(connection: ConnectionRecord): Promise<boolean>;
  /** Puts the same secrets sealed anew, unless they were changed meanwhile. */
  reseal(name: string, before: string, after: string): Promise<void>;
  /** False when there was none. */
  remove(name: string): Promise<boolean>;
  /** Remembers how the connection last served. */
  noteUse(name: string, at: number, error: string | null): Promise<void>;
}

/** A stored connection. */
export interface ConnectionRecord {
  /** Unique: words, or a path such as `team/alerts`. */
  readonly name: string;
  /** JSON of everything that may be read back. */
  readonly settings: string;
  /** The credentials, sealed for this name; null when there are none. */
  readonly secrets: string | null;
  /** At most one: making another one the system connection ends it for the first. */
  readonly system: boolean;
  /** Counts changes from 1. */
  readonly revision: number;
  /** Milliseconds since 1970, as are the other times. */
  readonly createdAt: number;
  /** The last change of its settings. */
  readonly updatedAt: number;
  /** The last send or test over it; null when there was none. */
  readonly lastUsedAt: number | null;
  /** The code it failed with when it was last used; null when it served. */
  readonly lastError: string | null;
}

/** The log of messages. */
export interface MessageStore {
  /**
   * Writes a message down before it is sent. When another row of the same key and route has the same idempotency key
   * and is not older than `idempotentSince`, that row is returned instead and nothing is written.
   */
  begin(message: MessageRecord, idempotentSince: number): Promise<MessageRecord | undefined>;
  /** The row that holds an idempotency key, unless it is older than `since`. */
  findRequest(
    key: string,
    idempotency: Pick<Idempotency, "route" | "key">,
    since: number,
  ): Promise<MessageRecord | undefined>;
  /** Writes down what became of it. */
  finish(id: string, outcome: MessageOutcome): Promise<void>;
  /** Undefined when there is none. */
  find(id: string): Promise<MessageRecord | undefined>;
  /** Newest first. */
  list(query: MessageQuery): Promise<readonly MessageRecord[]>;
  /** Messages that are `sending` since before `startedBefore` were interrupted: nobody can know what became of them. */
  interrupt(startedBefore: number): Promise<void>;
  /** Forgets finished messages made before a time. */
  prune(createdBefore: number): Promise<void>;
}

/** `partial` when some recipients were refused; `unknown` when nobody can tell. */
export type MessageState = "sending" | "sent" | "partial" | "failed" | "unknown";

/** What became of a message. */
export interface MessageOutcome {
  /** In one word. */
  readonly state: MessageState;
  /** Envelope addresses the mail server took. */
  readonly accepted: readonly string[];
  /** Whom it refused, each with its reply. */
  readonly rejected: readonly RejectedRecipient[];
  /** Its last word; null when it said none. */
  readonly reply: SmtpReply | null;
  /** What was asked for and not offered. */
  readonly downgrades: readonly string[];
  /** Octets as sent; before and without that, as they would be at most. */
  readonly size: number;
  /** Null unless the send failed as a whole. */
  readonly error: MessageFailure | null;
  /** Milliseconds since 1970; null while it is sent. */
  readonly finishedAt: number | null;
  /** False gives the idempotency key free: the same request may try again. */
  readonly keepsIdempotency: boolean;
}

/** The facts of the `MailError` a message failed with. */
export interface MessageFailure {
  /** Of the error. */
  readonly code: MailErrorCode;
  /** Of the error. */
  readonly phase: MailPhase;
  /** Its message, for humans. */
  readonly detail: string;
  /** Of the error. */
  readonly retryable: boolean;
}

/** A message of the log. */
export interface MessageRecord extends Omit<MessageOutcome, "keepsIdempotency"> {
  /** Grows with time, so that the newest sorts last. */
  readonly id: string;
  /** Id of the API key that sent it. */
  readonly key: string;
  /** Null for a connection that was brought along. */
  readonly connection: string | null;
  /** Null for a request that brought no key. */
  readonly idempotency: Idempotency | null;
  /** With its angle brackets. */
  readonly messageId: string;
  /** As the message has it, decoded. */
  readonly subject: string;
  /** Bare addresses. */
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The message itself, where the server was told to keep it. */
  readonly content: Uint8Array | null;
}

/** Ties a row to the request that made it. */
export interface Idempotency {
  /** The path of the request: a key counts per route. */
  readonly route: string;
  /** The `Idempotency-Key` as it came. */
  readonly key: string;
  /** SHA-256 of what was asked, in hex. */
  readonly fingerprint: string;
}

/** Which messages of the log; every field narrows further. */
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
