import { readFileSync } from "node:fs";
import ts from "typescript";

/** What of a `wrangler.jsonc` is used in tests. */
export interface WranglerConfig {
  readonly d1_databases: readonly { readonly binding: string }[];
  readonly r2_buckets: readonly { readonly binding: string }[];
  readonly queues: {
    readonly producers: readonly { readonly binding: string; readonly queue: string }[];
    readonly consumers: readonly {
      readonly queue: string;
      readonly max_batch_size: number;
      readonly max_retries: number;
      readonly dead_letter_queue: string;
    }[];
  };
  readonly triggers: { readonly crons: readonly string[] };
}

/** The configuration the endpoint is deployed with. */
export function readWranglerConfig(): WranglerConfig {
  const path = new URL("../../packages/server/wrangler.jsonc", import.meta.url);
  return ts.parseConfigFileTextToJson("wrangler.jsonc", readFileSync(path, "utf8")).config;
}

/** The same in Miniflare's words, but quick: a batch waits for nothing. */
export function toMiniflare({ d1_databases, r2_buckets, queues }: WranglerConfig) {
  const consumers = queues.consumers.map((consumer) => [
    consumer.queue,
    {
      maxBatchSize: consumer.max_batch_size,
      maxBatchTimeout: 0,
      maxRetries: consumer.max_retries,
      retryDelay: 1,
      deadLetterQueue: consumer.dead_letter_queue,
    },
  ]);
  return {
    d1Databases: d1_databases.map(({ binding }) => binding),
    r2Buckets: r2_buckets.map(({ binding }) => binding),
    queueProducers: Object.fromEntries(queues.producers.map(({ binding, queue }) => [binding, queue])),
    queueConsumers: Object.fromEntries(consumers),
  };
}
