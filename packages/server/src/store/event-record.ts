import { MESSAGE_STATES, type MessageState } from "./message-record.ts";

/** What happened, in the order it was written down. */
export interface EventStore {
  /** Writes one down. */
  append(event: NewEvent): Promise<void>;
  /** Of one message, oldest first. */
  ofMessage(message: string): Promise<readonly EventRecord[]>;
  /** Of all, oldest first, from after the event with the id `after`. */
  list(query: EventQuery): Promise<readonly EventRecord[]>;
  /** The id of the last event there is; 0 when there is none. */
  lastId(): Promise<number>;
}

/** A message entered a state, a connection or a webhook changed how it serves, or somebody should know of something. */
export const EVENT_TYPES = [
  ...MESSAGE_STATES.map((state) => `message.${state}` as const),
  "connection.paused",
  "connection.resumed",
  "webhook.disabled",
  "alert.raised",
] as const;

/** See {@link EVENT_TYPES}. */
export type EventType =
  | `message.${MessageState}`
  | "connection.paused"
  | "connection.resumed"
  | "webhook.disabled"
  | "alert.raised";

/** What happened, about to be written down. */
export interface NewEvent {
  /** What it was. */
  readonly type: EventType;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The message it is about, and the API key that sent it; null for an event of a connection. */
  readonly message: string | null;
  /** The id of the API key that sent the message. */
  readonly key: string | null;
  /** The name of the connection; null for one that was brought along. */
  readonly connection: string | null;
  /** What there is to know, as JSON: of an attempt its number, recipients, reply and error. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What happened, as it was written down. */
export interface EventRecord extends NewEvent {
  /** Counts up. In a store that several processes write to, an event may appear after one with a higher id. */
  readonly id: number;
}

/** Which events, and how many. */
export interface EventQuery {
  /** The id of the last event that is known. */
  readonly after: number;
  /** How many at most. */
  readonly limit: number;
  /** Only events of the messages of this API key. */
  readonly key?: string | undefined;
}
