import type { MailErrorCode, MailPhase, RejectedRecipient, SmtpReply } from "@edgepost/core";
import type { Scope } from "../keys/scopes.ts";

/**
 * Where a server keeps what must outlive a request: keys, connections and the log of messages. Times are milliseconds
 * since 1970. Nothing in here is secret in clear: tokens are hashes, credentials are sealed.
 */
export interface Store {
  readonly settings: SettingStore;
  readonly keys: KeyStore;
  readonly connections: ConnectionStore;
  readonly messages: MessageStore;
  /** Rejects when the store cannot answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** What the server itself remembers, by name. */
export interface SettingStore {
  /** Keeps a value, unless there is one already; resolves with the one that is there now. */
  keep(name: string, value: string): Promise<string>;
  replace(name: string, value: string): Promise<void>;
}

export interface KeyStore {
  insert(key: KeyRecord): Promise<void>;
  find(id: string): Promise<KeyRecord | undefined>;
  /** In the order they were made. */
  list(): Promise<readonly KeyRecord[]>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}

export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  /** A keyed hash of the token, in hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** Names of the connections it may use; null for all. */
  readonly connections: readonly string[] | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export interface ConnectionStore {
  /** False when the name is taken. */
  insert(connection: ConnectionRecord): Promise<boolean>;
  find(name: string): Promise<ConnectionRecord | undefined>;
  /** The one connection that is used when a message names none. */
  findSystem(): Promise<ConnectionRecord | undefined>;
  /** By name. */
  list(): Promise<readonly ConnectionRecord[]>;
  /** Replaces the row that still has the revision before this one; false when somebody was faster. */
  update(connection: ConnectionRecord): Promise<boolean>;
  /** Puts the same secrets sealed anew, unless they were changed meanwhile. */
  reseal(name: string, before: string, after: string): Promise<void>;
  remove(name: string): Promise<boolean>;
  /** Remembers how the connection last served. */
  noteUse(name: string, at: number, error: string | null): Promise<void>;
}

export interface ConnectionRecord {
  readonly name: string;
  /** JSON of everything that may be read back. */
  readonly settings: string;
  /** The credentials, sealed for this name; null when there are none. */
  readonly secrets: string | null;
  /** At most one: making another one the system connection ends it for the first. */
  readonly system: boolean;
  /** Counts changes from 1. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
  readonly lastError: string | null;
}

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
  find(id: string): Promise<MessageRecord | undefined>;
  /** Newest first. */
  list(query: MessageQuery): Promise<readonly MessageRecord[]>;
  /** Messages that are `sending` since before `startedBefore` were interrupted: nobody can know what became of them. */
  interrupt(startedBefore: number): Promise<void>;
  /** Forgets finished messages made before a time. */
  prune(createdBefore: number): Promise<void>;
}

export type MessageState = "sending" | "sent" | "partial" | "failed" | "unknown";

/** What became of a message. */
export interface MessageOutcome {
  readonly state: MessageState;
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
  readonly reply: SmtpReply | null;
  readonly downgrades: readonly string[];
  /** Octets as sent; before and without that, as they would be at most. */
  readonly size: number;
  readonly error: MessageFailure | null;
  readonly finishedAt: number | null;
  /** False gives the idempotency key free: the same request may try again. */
  readonly keepsIdempotency: boolean;
}

/** The facts of the `MailError` a message failed with. */
export interface MessageFailure {
  readonly code: MailErrorCode;
  readonly phase: MailPhase;
  readonly detail: string;
  readonly retryable: boolean;
}

export interface MessageRecord extends Omit<MessageOutcome, "keepsIdempotency"> {
  readonly id: string;
  /** Id of the API key that sent it. */
  readonly key: string;
  /** Null for a connection that was brought along. */
  readonly connection: string | null;
  readonly idempotency: Idempotency | null;
  readonly messageId: string;
  readonly subject: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly createdAt: number;
  /** The message itself, where the server was told to keep it. */
  readonly content: Uint8Array | null;
}

/** Ties a row to the request that made it. */
export interface Idempotency {
  readonly route: string;
  readonly key: string;
  /** SHA-256 of what was asked, in hex. */
  readonly fingerprint: string;
}

export interface MessageQuery {
  readonly limit: number;
  /** Only messages made before the one with this id. */
  readonly before?: string | undefined;
  readonly state?: MessageState | undefined;
  readonly connection?: string | undefined;
  /** Only messages of this API key. */
  readonly key?: string | undefined;
  /** Only messages with this envelope recipient. */
  readonly recipient?: string | undefined;
}
