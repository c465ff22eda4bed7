import { realpathSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { nodeTransport } from "@edgepost/transport-node";
import { createAdaptorServer } from "@hono/node-server";
import { createServer } from "./app.ts";
import { EnvironmentError, readEnvironment } from "./environment.ts";
import type { LogEntry } from "./http/log.ts";

/** A server that listens. */
export interface RunningServer {
  /** Where it listens, for example `http://127.0.0.1:8025`. */
  readonly url: string;
  /** Takes no more requests, lets those under way finish, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Starts the endpoint on Node, as configured by `EDGEPOST_…` variables (see the README).
 * @throws EnvironmentError naming every variable that is wrong.
 *
 * @example
 * const server = await startServer({ EDGEPOST_API_KEY: key, EDGEPOST_PORT: "0" });
 * await server.close();
 */
export async function startServer(
  variables: Readonly<Record<string, string | undefined>>,
  log: (entry: LogEntry) => void = () => {},
): Promise<RunningServer> {
  const { host, port, apiKey, connections, shutdownMs } = readEnvironment(variables);
  const app = createServer({
    transport: nodeTransport,
    keys: [{ name: "environment", token: apiKey }],
    connections,
    log,
  });
  let closing = false;
  const { server, url } = await listen(host, port, async (request) => {
    const response = await app.fetch(request);
    // A client that keeps its connection would keep the process.
    if (closing) response.headers.set("connection", "close");
    return response;
  });

  return {
    url,
    async close() {
      closing = true;
      const stopped = Promise.all([app.close(), new Promise((resolve) => server.close(resolve))]);
      await orAfter(shutdownMs, stopped);
      server.closeAllConnections();
    },
  };
}

/** What `node dist/node.js` does: serves until it is told to stop (twice, if it should not wait). */
async function main(): Promise<void> {
  const server = await startServer(process.env, (entry) => console.log(JSON.stringify(entry)));
  console.log(JSON.stringify({ time: new Date().toISOString(), level: "info", event: "listening", url: server.url }));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => server.close().then(() => process.exit(0)));
  }
}

type Fetch = (request: Request) => Promise<Response>;

function listen(hostname: string, port: number, fetch: Fetch): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    const server = createAdaptorServer({ fetch, hostname }) as Server;
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve({ server, url: urlOf(server.address() as AddressInfo) });
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function orAfter(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof EnvironmentError ? error.message : error);
    process.exitCode = 1;
  });
}
