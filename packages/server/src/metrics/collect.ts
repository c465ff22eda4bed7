import type { Services } from "../context.ts";
import type { MetricFamily, Sample } from "./exposition.ts";
import type { Durations } from "./metrics.ts";

/**
 * What there is to watch: what waits, from the store, and what this process has counted. The only label that grows is the
 * name of a connection, which an operator gave; no address, no subject and no id is among them.
 */
export async function collectMetrics({
  store,
  metrics,
  clock,
}: Pick<Services, "store" | "metrics" | "clock">): Promise<readonly MetricFamily[]> {
  const [backlog, webhooksWaiting] = await Promise.all([store.outbox.backlog(), store.webhooks.waiting()]);
  const now = clock().getTime();
  return [
    {
      name: "edgepost_messages_total",
      type: "counter",
      help: "Messages that entered a state, in this process.",
      samples: toSamples("state", metrics.messages),
    },
    {
      name: "edgepost_attempts_total",
      type: "counter",
      help: "Attempts to send a message in this process, by how they ended.",
      samples: toSamples("code", metrics.attempts),
    },
    {
      name: "edgepost_attempt_duration_seconds",
      type: "histogram",
      help: "How long attempts took in this process.",
      samples: toHistogram(metrics.durations),
    },
    {
      name: "edgepost_queue_depth",
      type: "gauge",
      help: "Messages that wait for a connection.",
      samples: backlog.map(({ connection, waiting }) => ({ labels: { connection }, value: waiting })),
    },
    {
      name: "edgepost_queue_oldest_due_seconds",
      type: "gauge",
      help: "How long the oldest message that is due for a connection has been due.",
      samples: backlog.map(({ connection, dueAt }) => ({
        labels: { connection },
        value: Math.max(0, now - dueAt) / 1000,
      })),
    },
    {
      name: "edgepost_webhook_attempts_total",
      type: "counter",
      help: "Requests to webhooks from this process, by how they ended.",
      samples: toSamples("outcome", metrics.webhooks),
    },
    {
      name: "edgepost_webhook_deliveries_waiting",
      type: "gauge",
      help: "Events that webhooks have yet to be told.",
      samples: [{ value: webhooksWaiting }],
    },
  ];
}

function toSamples(label: string, counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function toHistogram({ buckets, count, sumSeconds }: Durations): readonly Sample[] {
  return [
    ...buckets.map((bucket) => ({ suffix: "_bucket", labels: { le: bucket.seconds }, value: bucket.count })),
    { suffix: "_bucket", labels: { le: "+Inf" }, value: count },
    { suffix: "_sum", value: sumSeconds },
    { suffix: "_count", value: count },
  ];
}
