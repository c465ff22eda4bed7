import { lookup } from "node:dns/promises";
import { nodeTransport } from "@edgepost/transport-node";
import { createServer, type MailServer } from "../app.ts";
import { isPublic } from "../connections/host-policy.ts";
import { createSendQueue } from "../connections/send-queue.ts";
import { type Environment, readEnvironment } from "../environment.ts";
import type { LogEntry } from "../http/log.ts";
import { hostList } from "../webhooks/target-policy.ts";
import { createCheckedFetch } from "./checked-fetch.ts";
import { diskOf } from "./disk-space.ts";
import { listen } from "./listen.ts";
import { openStorage } from "./open-storage.ts";

/** A server that listens. */
export interface RunningServer {
  /** Where it listens, for example `http://127.0.0.1:8025`. */
  readonly url: string;
  /** The key that may do everything, when it was made just now. It is not shown again. */
  readonly firstKey: string | undefined;
  /** Takes no more requests, lets those under way finish, then closes every connection. */
  close(): Promise<void>;
}

export type Variables = Readonly<Record<string, string | undefined>>;

const MAINTAIN_EVERY_MS = 60 * 60 * 1000;
const NOTIFY_EVERY_MS = 1_000;

/**
 * Starts the endpoint on Node, as configured by `EDGEPOST_…` variables (see the README).
 * @throws EnvironmentError naming every variable that is wrong.
 *
 * @example
 * const server = await startServer({ EDGEPOST_API_KEY: key, EDGEPOST_PORT: "0", EDGEPOST_DATA: ":memory:" });
 * await server.close();
 */
export async function startServer(
  variables: Variables,
  log: (entry: LogEntry) => void = () => {},
): Promise<RunningServer> {
  const environment = readEnvironment(variables);
  const app = await openServer(environment, log);
  try {
    await app.recover();
    app.start();
    const firstKey = environment.apiKey === undefined ? await app.bootstrap() : undefined;
    const listener = await listen(environment.host, environment.port, app.fetch);
    const maintaining = setInterval(() => app.maintain(), MAINTAIN_EVERY_MS).unref();
    // A store that cannot answer now is asked again.
    const notifying = setInterval(() => app.notify().catch(() => {}), NOTIFY_EVERY_MS).unref();
    return {
      url: listener.url,
      firstKey,
      close() {
        clearInterval(maintaining);
        clearInterval(notifying);
        return listener.close({ done: app.close(), withinMs: environment.shutdownMs });
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Seals everything stored with the first of `EDGEPOST_ENCRYPTION_KEYS`. No server may run on the same folder. */
export async function rotateSecrets(variables: Variables): Promise<void> {
  const app = await openServer(readEnvironment(variables), () => {});
  await app.rotateSecrets();
  await app.close();
}

async function openServer(environment: Environment, log: (entry: LogEntry) => void): Promise<MailServer> {
  const { apiKey, connections, allowHosts, allowPorts, webhookHosts, alertTo } = environment;
  return createServer({
    ...environment.server,
    ...(await openStorage(environment)),
    transport: nodeTransport,
    queue: createSendQueue(),
    keys: apiKey === undefined ? [] : [{ name: "environment", token: apiKey }],
    connections,
    hosts: { resolve: resolveHost, allow: allowHosts, ports: allowPorts },
    fetch: createCheckedFetch({ mayConnectTo: isPublic }),
    webhooks: { fetch: createCheckedFetch({ mayConnectTo: publicOr(webhookHosts) }), allow: webhookHosts },
    alerts: { to: alertTo, disk: diskOf(environment) },
    log,
  });
}

function publicOr(allow: readonly string[]): (address: string, host: string) => boolean {
  const isAllowed = hostList(allow);
  return (address, host) => isPublic(address) || isAllowed(host) || isAllowed(address);
}

async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
