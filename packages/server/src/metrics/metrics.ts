import { isMailError, type MailErrorCode } from "@edgepost/core";
import type { MessageState } from "../store/message-record.ts";

/** What this process has counted since it began. */
export interface Metrics {
  /** One attempt to send a message ended, well or with an error, after so long. */
  countAttempt(error: unknown, ms: number): void;
  /** A message entered a state. */
  countMessage(state: MessageState): void;
  /** One request to a webhook ended. */
  countWebhook(outcome: WebhookOutcome): void;
  readonly attempts: ReadonlyMap<AttemptCode, number>;
  readonly messages: ReadonlyMap<MessageState, number>;
  readonly webhooks: ReadonlyMap<WebhookOutcome, number>;
  readonly durations: Durations;
}

/** `internal` for an error nobody foresaw. */
export type AttemptCode = MailErrorCode | "ok" | "internal";
export type WebhookOutcome = "delivered" | "failed" | "given-up";

/** How long attempts took, as a histogram of Prometheus: each bucket counts those as short as its bound. */
export interface Durations {
  readonly buckets: readonly { readonly seconds: number; readonly count: number }[];
  readonly count: number;
  readonly sumSeconds: number;
}

/** From a warm connection next door to a server that greylists by silence. */
const BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

export function createMetrics(): Metrics {
  const attempts = new Map<AttemptCode, number>();
  const messages = new Map<MessageState, number>();
  const webhooks = new Map<WebhookOutcome, number>();
  const counts = BUCKETS_SECONDS.map(() => 0);
  let count = 0;
  let sumSeconds = 0;

  return {
    countAttempt(error, ms) {
      increment(attempts, error === undefined ? "ok" : isMailError(error) ? error.code : "internal");
      const seconds = ms / 1000;
      count++;
      sumSeconds += seconds;
      BUCKETS_SECONDS.forEach((bound, index) => {
        if (seconds <= bound) counts[index] = (counts[index] ?? 0) + 1;
      });
    },
    countMessage: (state) => increment(messages, state),
    countWebhook: (outcome) => increment(webhooks, outcome),
    attempts,
    messages,
    webhooks,
    get durations() {
      const buckets = BUCKETS_SECONDS.map((seconds, index) => ({ seconds, count: counts[index] ?? 0 }));
      return { buckets, count, sumSeconds };
    },
  };
}

function increment<Name>(counts: Map<Name, number>, name: Name): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
