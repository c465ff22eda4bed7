/**
 * The endpoint as a Worker.
 *
 * @module @edgepost/server/worker
 */
import { edgeTransport } from "@edgepost/transport-edge";
import { createServer, type MailServer } from "./app.ts";
import { resolveOverHttps } from "./connections/resolve-over-https.ts";
import { EnvironmentError, readEnvironment } from "./environment.ts";
import { type D1, d1Store } from "./store/d1.ts";

/** Variables and secrets of the Worker, the `EDGEPOST_…` ones of the Node entry, and its database. */
export interface Bindings extends Readonly<Record<string, unknown>> {
  /** The D1 database that keeps keys, connections and the log. */
  readonly DB: D1;
}

/** What of the platform's `ExecutionContext` is used here. */
interface RequestLife {
  waitUntil(work: Promise<unknown>): void;
}

let server: MailServer | undefined;

/**
 * The endpoint as a Worker: `main` of a `wrangler.jsonc`, with a D1 database as `DB`, `EDGEPOST_API_KEY` and
 * `EDGEPOST_ENCRYPTION_KEYS` as secrets, and a cron trigger for what has to be done from time to time. A setting that is
 * wrong fails every request, and the Worker's log names it.
 *
 * @example
 * export { default } from "@edgepost/server/worker"; // the whole of a Worker of your own
 */
export default {
  async fetch(request: Request, bindings: Bindings, life: RequestLife): Promise<Response> {
    const answer = answerRequest(request, bindings);
    // A client that hangs up would end the send in the middle, and nobody would know what became of it.
    life.waitUntil(answer.catch(() => {}));
    return answer;
  },
  async scheduled(_event: unknown, bindings: Bindings): Promise<void> {
    const server = await open(bindings);
    await server.maintain();
    await server.rotateSecrets();
  },
};

async function answerRequest(request: Request, bindings: Bindings): Promise<Response> {
  return (await open(bindings)).fetch(request);
}

/**
 * Once per isolate. What is kept is the server, not the promise of it: that belongs to the request that started it, and
 * would never settle for the others if that one were cut off. Two that start at once do no harm.
 */
async function open(bindings: Bindings): Promise<MailServer> {
  server ??= await start(bindings);
  return server;
}

async function start(bindings: Bindings): Promise<MailServer> {
  const environment = readEnvironment(bindings);
  const { apiKey, encryptionKeys, connections, allowHosts, allowPorts, resolver } = environment;
  const missing = [
    ...(bindings.DB === undefined ? ["DB, a D1 database"] : []),
    ...(apiKey === undefined ? ["EDGEPOST_API_KEY, a secret"] : []),
    ...(encryptionKeys === undefined ? ["EDGEPOST_ENCRYPTION_KEYS, a secret"] : []),
  ];
  if (apiKey === undefined || missing.length > 0) {
    throw new EnvironmentError(`The Worker cannot start: it lacks the bindings ${missing.join("; ")}.`);
  }
  return createServer({
    ...environment.server,
    transport: edgeTransport,
    keys: [{ name: "environment", token: apiKey }],
    connections,
    store: await d1Store(bindings.DB),
    encryptionKeys,
    // Workers connect by name, to no private address, no port 25 and nothing of Cloudflare's own: the second line behind
    // the check of ours.
    hosts: {
      resolve: resolver === "platform" ? resolver : resolveOverHttps({ url: resolver }),
      connectsByName: true,
      allow: allowHosts,
      ports: allowPorts,
    },
    log: (entry) => console.log(JSON.stringify(entry)),
  });
}
