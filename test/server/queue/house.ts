import type { SmtpConnection, Transport } from "@edgepost/core";
import { createServer, type MailServer, type QueueEngine, type Store } from "@edgepost/server";
import { TOKEN } from "../endpoint.ts";
import type { StartQueueHouse } from "./engine-suite.ts";

/** A server of a house: what it stores in, and what delivers from there. */
export interface Member {
  readonly store: Store;
  readonly outbox: QueueEngine;
}

/** A house of one server, or of several that share what they store: then each request goes to the next one. */
export function houseOf(
  open: () => Promise<readonly Member[]>,
  transport: (connection: SmtpConnection | string) => Transport,
): StartQueueHouse {
  return async (main) => {
    const servers = await Promise.all((await open()).map((member) => startMember(member, main, transport)));
    return {
      async ask(method, path, body, headers = {}) {
        const [server] = servers;
        servers.push(...servers.splice(0, 1));
        const response = await server?.request(path, {
          method,
          headers: {
            authorization: `Bearer ${TOKEN}`,
            ...(body !== undefined && { "content-type": "application/json" }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        if (response === undefined) throw new Error("Nobody is in this house.");
        return { status: response.status, body: await response.json(), headers: response.headers };
      },
      async close() {
        await Promise.all(servers.map((server) => server.close()));
      },
    };
  };
}

async function startMember(
  { store, outbox }: Member,
  main: SmtpConnection,
  transport: (connection: SmtpConnection | string) => Transport,
): Promise<MailServer> {
  const server = createServer({
    transport,
    connections: { main },
    store,
    encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    keys: [{ name: "test", token: TOKEN }],
    outbox,
    outboxLimits: { firstDelayMs: 60, longestDelayMs: 200, faultsToPause: 1_000 },
  });
  await server.recover();
  server.start();
  return server;
}
