import type { Scope } from "../keys/scopes.ts";
import type { AlertStore } from "./alert-record.ts";
import type { EventStore } from "./event-record.ts";
import type { Idempotency, MessageQuery, MessageRecord, StoredBody } from "./message-record.ts";
import type { OutboxStore } from "./outbox.ts";
import type { SuppressionStore } from "./suppression-record.ts";
import type { WebhookStore } from "./webhook-record.ts";

/**
 * Where a server keeps what must outlive a request: keys, connections and the log of messages. Times are milliseconds
 * since 1970. Nothing in here is secret in clear: tokens are hashes, credentials are sealed.
 */
export interface Store {
  /** True where other processes may have it open, too: then what is being sent may be theirs. Default: false. */
  readonly isShared?: boolean;
  /** What the server itself remembers. */
  readonly settings: SettingStore;
  /** API keys made while it runs. */
  readonly keys: KeyStore;
  /** Connections made while it runs. */
  readonly connections: ConnectionStore;
  /** The log. */
  readonly messages: MessageStore;
  /** What waits, and what is being sent: the same rows as the log. */
  readonly outbox: OutboxStore;
  /** What happened. */
  readonly events: EventStore;
  /** Who is written to no more. */
  readonly suppressions: SuppressionStore;
  /** Who is told of what happened. */
  readonly webhooks: WebhookStore;
  /** What somebody should know. */
  readonly alerts: AlertStore;
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

/** A message to write down. */
export interface NewMessage {
  /** As it goes into the log. */
  readonly message: MessageRecord;
  /** Null where nobody will need it again. */
  readonly body: StoredBody | null;
  /**
   * Until when whoever writes it sends it, at once: its first attempt is open then, as if the final dot was about to be
   * sent, under the lease {@link FIRST_LEASE}. Null for one that waits.
   */
  readonly leaseUntil: number | null;
}

/** The log of messages. */
export interface MessageStore {
  /**
   * Writes a message down, and its body with it. When another row of the same key and route has the same idempotency key
   * and is not older than `idempotentSince`, that row is returned instead and nothing is written.
   */
  begin(message: NewMessage, idempotentSince: number): Promise<MessageRecord | undefined>;
  /** The row that holds an idempotency key, unless it is older than `since`. */
  findRequest(
    key: string,
    idempotency: Pick<Idempotency, "route" | "key">,
    since: number,
  ): Promise<MessageRecord | undefined>;
  /** Undefined when there is none. */
  find(id: string): Promise<MessageRecord | undefined>;
  /** What is sent, as long as it is kept. */
  body(id: string): Promise<StoredBody | undefined>;
  /** Newest first. */
  list(query: MessageQuery): Promise<readonly MessageRecord[]>;
  /** Forgets messages made before a time that nothing more will be done for, with all that belongs to them. */
  prune(createdBefore: number): Promise<void>;
}
