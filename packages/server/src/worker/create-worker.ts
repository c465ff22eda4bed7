import { edgeTransport } from "@edgepost/transport-edge";
import { createServer, type MailServer } from "../app.ts";
import { resolveOverHttps } from "../connections/resolve-over-https.ts";
import { EnvironmentError, readEnvironment } from "../environment.ts";
import type { ServerOptions } from "../options.ts";
import { type CloudflareQueue, cloudflareQueue, type WorkersBatch, type WorkersQueue } from "../queue/cloudflare.ts";
import { type D1, d1Store } from "../store/d1.ts";
import type { R2 } from "../store/large-bodies.ts";

/** Variables and secrets of the Worker, the `EDGEPOST_…` ones of the Node entry, and what it keeps things in. */
export interface Bindings extends Readonly<Record<string, unknown>> {
  /** The D1 database that keeps keys, connections and the log. */
  readonly DB: D1;
  /** The queue that carries the ids of messages for later. Without it every request waits for the mail server. */
  readonly QUEUE?: WorkersQueue;
  /** The R2 bucket that keeps the content of large messages. Without it none of more than 1.99 MB can wait. */
  readonly BODIES?: R2;
}

/** What of the platform's `ExecutionContext` is used here. */
interface RequestLife {
  waitUntil(work: Promise<unknown>): void;
}

/** What the platform calls. */
export interface EndpointWorker {
  /** Answers a request. */
  fetch(request: Request, bindings: Bindings, life: RequestLife): Promise<Response>;
  /** Delivers a batch of messages that were handed over. */
  queue(batch: WorkersBatch, bindings: Bindings, life: RequestLife): Promise<void>;
  /** Does what has to be done from time to time: with the trigger of every minute, for the queue alone. */
  scheduled(event: { readonly cron: string }, bindings: Bindings): Promise<void>;
}

/** What of a server differs from that of a Worker as it is deployed. */
export type Changes = Pick<ServerOptions, "outboxLimits" | "clock">;

/** The cron trigger that only looks after the queue. Any other does everything that has to be done from time to time. */
const EVERY_MINUTE = "* * * * *";

/** One server per isolate, and the ways the platform reaches it. */
export function createWorker(changes: Changes = {}): EndpointWorker {
  let running: Running | undefined;

  /**
   * What is kept is the server, not the promise of it: that belongs to the request that started it, and would never settle
   * for the others if that one were cut off. Two that start at once do no harm.
   */
  async function open(bindings: Bindings): Promise<Running> {
    running ??= await start(bindings, changes);
    return running;
  }

  async function answer(request: Request, bindings: Bindings): Promise<Response> {
    const { server } = await open(bindings);
    return server.fetch(request);
  }

  async function notify(bindings: Bindings): Promise<void> {
    const { server } = await open(bindings);
    await server.notify();
  }

  return {
    async fetch(request, bindings, life) {
      const answering = answer(request, bindings);
      // A client that hangs up would end the send in the middle, and nobody would know what became of it.
      life.waitUntil(answering.catch(() => {}));
      // Nothing happens by a request that only reads.
      if (request.method === "POST") life.waitUntil(answering.then(() => notify(bindings)).catch(() => {}));
      return answering;
    },
    async queue(batch, bindings, life) {
      const { queue } = await open(bindings);
      if (queue === undefined) throw new EnvironmentError("The Worker has a queue to consume, and no binding QUEUE.");
      await queue.consume(batch);
      life.waitUntil(notify(bindings).catch(() => {}));
    },
    async scheduled({ cron }, bindings) {
      const { server, queue } = await open(bindings);
      if (cron !== EVERY_MINUTE) {
        await server.maintain();
        await server.rotateSecrets();
        await queue?.forget();
      }
      await queue?.sweep();
      await server.notify();
    },
  };
}

interface Running {
  readonly server: MailServer;
  readonly queue: CloudflareQueue | undefined;
}

async function start(bindings: Bindings, changes: Changes): Promise<Running> {
  const environment = readEnvironment(bindings);
  const { apiKey, encryptionKeys, connections, allowHosts, allowPorts, webhookHosts, alertTo, resolver } = environment;
  const missing = [
    ...(bindings.DB === undefined ? ["DB, a D1 database"] : []),
    ...(apiKey === undefined ? ["EDGEPOST_API_KEY, a secret"] : []),
    ...(encryptionKeys === undefined ? ["EDGEPOST_ENCRYPTION_KEYS, a secret"] : []),
  ];
  if (apiKey === undefined || missing.length > 0) {
    throw new EnvironmentError(`The Worker cannot start: it lacks the bindings ${missing.join("; ")}.`);
  }
  const store = await d1Store(bindings.DB, bindings.BODIES, changes.clock);
  const queue = bindings.QUEUE && cloudflareQueue(bindings.QUEUE, store, changes.clock);
  const server = createServer({
    ...environment.server,
    ...changes,
    transport: edgeTransport,
    outbox: queue,
    keys: [{ name: "environment", token: apiKey }],
    connections,
    store,
    encryptionKeys,
    // Workers connect by name, to no private address, no port 25 and nothing of Cloudflare's own: the second line behind
    // the check of ours.
    hosts: {
      resolve: resolver === "platform" ? resolver : resolveOverHttps({ url: resolver }),
      connectsByName: true,
      allow: allowHosts,
      ports: allowPorts,
    },
    webhooks: { allow: webhookHosts },
    alerts: { to: alertTo },
    log: (entry) => console.log(JSON.stringify(entry)),
  });
  server.start();
  return { server, queue };
}
