import type { Metrics } from "../metrics/metrics.ts";
import { backoffMs } from "../queue/backoff.ts";
import type { Store } from "../store/store.ts";
import type { DeliveryAttempt, DeliveryRecord, WebhookRecord } from "../store/webhook-record.ts";
import { type DeliverOptions, deliver } from "./deliver.ts";
import { fanOut } from "./fan-out.ts";
import type { WebhookBook } from "./webhook-book.ts";

/** Tells webhooks what happened. */
export interface WebhookDispatcher {
  /** Looks once for what is new or due, and begins to tell it. A slow webhook delays no other. */
  look(): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface WebhookDispatcherOptions extends DeliverOptions {
  readonly store: Store;
  readonly book: WebhookBook;
  readonly metrics: Metrics;
  readonly newId: (now: Date) => string;
  readonly random?: () => number;
}

/** Requests to one webhook at once. */
const AT_ONCE = 5;
/** Longer than one request may take: who has not said by then what came of it is gone. */
const CLAIM_MS = 60_000;
/** 10 s, 20 s, 40 s … 6 h: with sixteen attempts about a day and a half. */
const BACKOFF = { firstDelayMs: 10_000, longestDelayMs: 6 * 60 * 60 * 1000 };
const MAX_ATTEMPTS = 16;
/** A weekend, and a day to notice. */
const DISABLE_AFTER_MS = 3 * 24 * 60 * 60 * 1000;

export function createWebhookDispatcher(options: WebhookDispatcherOptions): WebhookDispatcher {
  const { store, book, metrics, clock, random = Math.random } = options;
  const { webhooks } = store;
  const serving = new Map<string, Promise<void>>();
  let lastEvent = -1;

  async function look(): Promise<void> {
    const enabled = (await webhooks.list()).filter(({ disabled }) => disabled === null);
    if (enabled.length === 0) return;
    const last = await store.events.lastId();
    if (last !== lastEvent) await fanOut(options, enabled, last);
    lastEvent = last;
    const due = new Set(await webhooks.due(clock().getTime()));
    for (const webhook of enabled) {
      if (!due.has(webhook.id) || serving.has(webhook.id)) continue;
      // What goes wrong inside is tried again when its claim ends.
      const served = serve(webhook).catch(() => {});
      serving.set(webhook.id, served);
      void served.finally(() => serving.delete(webhook.id));
    }
  }

  async function serve(webhook: WebhookRecord): Promise<void> {
    const secrets = await book.secretsOf(webhook);
    for (let isEnabled = true; isEnabled; ) {
      const now = clock().getTime();
      const deliveries = await webhooks.claim(webhook.id, now, now + CLAIM_MS, AT_ONCE);
      if (deliveries.length === 0) return;
      await Promise.all(deliveries.map((delivery) => attempt(webhook, delivery, secrets)));
      isEnabled = (await webhooks.find(webhook.id))?.disabled === null;
    }
  }

  async function attempt(webhook: WebhookRecord, delivery: DeliveryRecord, secrets: readonly string[]): Promise<void> {
    const made = await deliver(webhook, delivery, secrets, options);
    const attempts = [...delivery.attempts, made];
    const isOver = made.error === null || attempts.length >= MAX_ATTEMPTS;
    metrics.countWebhook(made.error === null ? "delivered" : isOver ? "given-up" : "failed");
    await webhooks.settle(delivery.id, {
      state: made.error === null ? "delivered" : isOver ? "failed" : "waiting",
      attempts,
      dueAt: isOver ? null : clock().getTime() + backoffMs(attempts.length, BACKOFF, random),
    });
    await noteHealth(webhook.id, made);
  }

  /** Remembers since when nothing is taken, and ends what has no prospect. */
  async function noteHealth(id: string, { status, error }: DeliveryAttempt): Promise<void> {
    const webhook = await webhooks.find(id);
    if (webhook === undefined || webhook.disabled !== null) return;
    const now = clock().getTime();
    if (error === null) {
      if (webhook.failingSince !== null) await webhooks.update(id, { failingSince: null });
      return;
    }
    const failingSince = webhook.failingSince ?? now;
    const reason = status === GONE ? "It answered 410: it is gone." : "It took nothing for three days.";
    if (status === GONE || now - failingSince >= DISABLE_AFTER_MS) await disable(webhook, reason, now);
    else if (webhook.failingSince === null) await webhooks.update(id, { failingSince });
  }

  async function disable({ id, key }: WebhookRecord, reason: string, at: number): Promise<void> {
    await webhooks.update(id, { disabled: reason, updatedAt: at });
    const data = { webhook: id, reason };
    await store.events.append({ type: "webhook.disabled", at, message: null, key, connection: null, data });
  }

  return {
    look,
    async idle() {
      while (serving.size > 0) await Promise.all(serving.values());
    },
  };
}

/** 410: who answers this wants no more (Standard Webhooks). */
const GONE = 410;
