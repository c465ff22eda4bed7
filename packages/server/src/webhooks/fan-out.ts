import { presentEvent } from "../messages/log.ts";
import type { EventRecord } from "../store/event-record.ts";
import type { Store } from "../store/store.ts";
import type { DeliveryRecord, WebhookRecord } from "../store/webhook-record.ts";

/** The id of the last event that webhooks were told of. */
const CURSOR = "webhook-cursor";
const AT_ONCE = 400;
/** Where several processes write, an event may appear after one with a higher id: so far is looked back for it. */
const LOOK_BACK = 100;

export interface FanOutOptions {
  readonly store: Store;
  readonly clock: () => Date;
  readonly newId: (now: Date) => string;
}

/**
 * Writes down, for each new event, whom it is to be told to. A process that dies in the middle, or another one that does the
 * same, changes nothing: an event is written down once for each webhook.
 */
export async function fanOut(
  { store, clock, newId }: FanOutOptions,
  webhooks: readonly WebhookRecord[],
  last: number,
): Promise<void> {
  const kept = Number(await store.settings.keep(CURSOR, "0"));
  // Nobody was there to be told of what happened before the first of them was made.
  let cursor = Math.max(kept, Math.min(...webhooks.map(({ since }) => since)));
  while (cursor < last) {
    const events = await store.events.list({ after: Math.max(0, cursor - LOOK_BACK), limit: LOOK_BACK + AT_ONCE });
    const now = clock();
    await store.webhooks.enqueue(
      events.flatMap((event) =>
        webhooks
          .filter((webhook) => isToldOf(webhook, event))
          .map((webhook) => toDelivery(newId(now), webhook, event, now.getTime())),
      ),
    );
    cursor = Math.max(cursor + 1, events.at(-1)?.id ?? last);
    await store.settings.replace(CURSOR, String(cursor));
  }
}

function isToldOf({ since, ownOnly, key, events }: WebhookRecord, event: EventRecord): boolean {
  return event.id > since && (!ownOnly || event.key === key) && (events === null || events.includes(event.type));
}

/** What is sent has the form of Standard Webhooks: what it is, when it was, and the event as the API shows it. */
function toDelivery(id: string, webhook: WebhookRecord, event: EventRecord, now: number): DeliveryRecord {
  const data = presentEvent(event);
  return {
    id,
    webhook: webhook.id,
    event: event.id,
    type: event.type,
    payload: JSON.stringify({ type: event.type, timestamp: data.at, data }),
    state: "waiting",
    attempts: [],
    dueAt: now,
    createdAt: now,
  };
}
