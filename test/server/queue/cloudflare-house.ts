import type { SmtpConnection } from "@edgepost/core";
import { startWorker, type TestWorker } from "../../support/workerd.ts";
import { readWranglerConfig, toMiniflare } from "../../support/wrangler.ts";
import { type Answer, TOKEN } from "../endpoint.ts";
import type { QueueHouse } from "./engine-suite.ts";

/** The Worker in workerd, with a queue, a database and a bucket of its own. */
export interface CloudflareHouse extends QueueHouse {
  readonly worker: TestWorker;
  /** Lets a cron trigger come. */
  trigger(cron: string): Promise<void>;
  /** Time passes for the server, not for the queue. */
  leap(ms: number): Promise<void>;
  /** From now on something goes wrong. */
  fail(fault: "none" | "before" | "after" | "lost-announcements"): Promise<void>;
  /** What was announced, and what came to the consumers. */
  told(): Promise<Told>;
}

interface Told {
  readonly announced: readonly { readonly id: string; readonly delaySeconds: number }[];
  readonly batches: readonly (readonly string[])[];
  /** What ended in the dead-letter queue. */
  readonly dead: readonly string[];
}

export interface CloudflareHouseOptions {
  /** Connections beside `main`. */
  readonly connections?: Readonly<Record<string, SmtpConnection>>;
  /** Of the consumer, in Miniflare's words. */
  readonly consumer?: object;
  /** A folder whose database outlives the house. The queue does not. */
  readonly folder?: string;
}

export async function startCloudflareHouse(
  main: SmtpConnection,
  { connections, consumer, folder }: CloudflareHouseOptions = {},
): Promise<CloudflareHouse> {
  const deployed = toMiniflare(readWranglerConfig());
  const worker = await startWorker(new URL("./cloudflare-worker.ts", import.meta.url), {
    miniflare: {
      ...deployed,
      ...(folder !== undefined && { d1Persist: folder }),
      queueConsumers: {
        edgepost: { ...deployed.queueConsumers.edgepost, ...consumer },
        "edgepost-dead": { maxBatchTimeout: 0 },
      },
      unsafeTriggerHandlers: true,
      bindings: {
        EDGEPOST_RESOLVER: "platform",
        EDGEPOST_API_KEY: TOKEN,
        EDGEPOST_ENCRYPTION_KEYS: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        EDGEPOST_CONNECTIONS: JSON.stringify({ main, ...connections }),
      },
    },
  });
  const say = async (path: string, body: string): Promise<void> => {
    await worker.fetch(path, { method: "POST", body });
  };
  let closing: Promise<void> | undefined;
  return {
    worker,
    async ask(method, path, body, headers = {}): Promise<Answer> {
      const response = await worker.fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json(), headers: response.headers };
    },
    async trigger(cron) {
      const response = await worker.fetch(`/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}`);
      if (!response.ok) throw new Error(`The trigger failed: ${worker.log}${worker.complaints}`);
    },
    leap: (ms) => say("/test/leap", String(ms)),
    fail: (fault) => say("/test/fault", fault),
    told: async () => (await worker.fetch("/test/told")).json() as Promise<Told>,
    close() {
      closing ??= worker.close();
      return closing;
    },
  };
}
