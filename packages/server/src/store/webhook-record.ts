import type { EventType } from "./event-record.ts";

/** Somebody who is told of events by HTTP. */
export interface WebhookRecord {
  /** A UUID that sorts by the time it was made. */
  readonly id: string;
  /** The id of the API key that made it. */
  readonly key: string;
  /** True when it is told of the messages of that key alone. */
  readonly ownOnly: boolean;
  /** Where it is told. */
  readonly url: string;
  /** For people. */
  readonly description: string | null;
  /** What it is told of; null for everything. */
  readonly events: readonly EventType[] | null;
  /** Its signing secrets, sealed for this id: JSON of a list of {@link WebhookSecret}, the newest first. */
  readonly secrets: string;
  /** The id of the last event there was when it was made: it is told of those after. */
  readonly since: number;
  /** Why it is not told of anything at the moment; null while it is. */
  readonly disabled: string | null;
  /** Milliseconds since 1970, as are the other times: since when nothing was taken; null when the last was. */
  readonly failingSince: number | null;
  /** When it was made. */
  readonly createdAt: number;
  /** The last change of its settings. */
  readonly updatedAt: number;
}

/** What its owner may change of a webhook, and what its failures do. */
export type WebhookChange = Partial<
  Pick<WebhookRecord, "url" | "description" | "events" | "secrets" | "disabled" | "failingSince" | "updatedAt">
>;

/** One signing secret of a webhook. */
export interface WebhookSecret {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Signs until then; null for the current one. */
  readonly until: number | null;
}

export const DELIVERY_STATES = ["waiting", "delivered", "failed"] as const;

/** `waiting`: it is due now, or again. `delivered`: it was answered with 2xx. `failed`: it is not tried again. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook. */
export interface DeliveryRecord {
  /** The `webhook-id`: the same in every attempt. */
  readonly id: string;
  /** The id of the webhook. */
  readonly webhook: string;
  /** The id of the event. */
  readonly event: number;
  /** The type of the event. */
  readonly type: string;
  /** The body, the same octets in every attempt. */
  readonly payload: string;
  /** What became of it. */
  readonly state: DeliveryState;
  /** The first one first. */
  readonly attempts: readonly DeliveryAttempt[];
  /** When the next attempt is due; null when there will be none. While one is under way, when it counts as lost. */
  readonly dueAt: number | null;
  /** When it was written down. */
  readonly createdAt: number;
}

/** One request to a webhook. What was answered beyond the status is not kept: it may be secret. */
export interface DeliveryAttempt {
  /** When it began. */
  readonly at: number;
  /** How long it took. */
  readonly ms: number;
  /** The status of the answer; null without one. */
  readonly status: number | null;
  /** What went wrong, for humans; null when it was taken. */
  readonly error: string | null;
}

/** Which deliveries of a webhook, and how many. */
export interface DeliveryQuery {
  /** The id of the webhook. */
  readonly webhook: string;
  /** How many at most. */
  readonly limit: number;
  /** Only deliveries made before the one with this id. */
  readonly before?: string | undefined;
  /** Only deliveries in this state. */
  readonly state?: DeliveryState | undefined;
}

/** Webhooks, and what is on its way to them. */
export interface WebhookStore {
  /** The id is new. */
  insert(webhook: WebhookRecord): Promise<void>;
  /** Undefined when there is none. */
  find(id: string): Promise<WebhookRecord | undefined>;
  /** In the order they were made. */
  list(): Promise<readonly WebhookRecord[]>;
  /** Changes some fields; with `seen` only when the secrets are still those. False when it was not done. */
  update(id: string, change: WebhookChange, seen?: string): Promise<boolean>;
  /** With all its deliveries. False when there was none. */
  remove(id: string): Promise<boolean>;

  /** Writes deliveries down; those of an event and a webhook that are there already stay as they are. */
  enqueue(deliveries: readonly DeliveryRecord[]): Promise<void>;
  /** The webhooks something is due for. */
  due(now: number): Promise<readonly string[]>;
  /** Takes deliveries that are due, the longest due first: for others they are not due before `until`. */
  claim(webhook: string, now: number, until: number, limit: number): Promise<readonly DeliveryRecord[]>;
  /** What became of one, or that it is to be made again. False when there is none. */
  settle(id: string, outcome: Pick<DeliveryRecord, "state" | "attempts" | "dueAt">): Promise<boolean>;
  /** Undefined when there is none. */
  delivery(id: string): Promise<DeliveryRecord | undefined>;
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<readonly DeliveryRecord[]>;
  /** How many wait. */
  waiting(): Promise<number>;
  /** Forgets deliveries made before a time that are not waiting. */
  prune(createdBefore: number): Promise<void>;
}
