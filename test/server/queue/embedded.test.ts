import { join } from "node:path";
import type { SmtpConnection, Transport } from "@edgepost/core";
import { createServer } from "@edgepost/server";
import { embeddedQueue, sqliteStore } from "@edgepost/server/node";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { describe } from "vitest";
import { memoryStore } from "../../../packages/server/src/store/memory.ts";
import type { Store } from "../../../packages/server/src/store/store.ts";
import { TOKEN } from "../endpoint.ts";
import { temporaryFolder } from "../store/drivers.ts";
import { engineSuite, type StartQueueHouse } from "./engine-suite.ts";

function houseOf(
  openStore: () => Promise<Store>,
  transport: (connection: SmtpConnection | string) => Transport,
): StartQueueHouse {
  return async (main) => {
    const server = createServer({
      transport,
      connections: { main },
      store: await openStore(),
      encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
      keys: [{ name: "test", token: TOKEN }],
      outbox: embeddedQueue(),
      outboxLimits: { firstDelayMs: 60, longestDelayMs: 200, faultsToPause: 1_000 },
    });
    await server.recover();
    server.start();
    return {
      async ask(method, path, body, headers = {}) {
        const response = await server.request(path, {
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
      close: () => server.close(),
    };
  };
}

describe("the embedded engine, with SQLite and nodemailer's connection", () => {
  engineSuite(houseOf(() => sqliteStore(join(temporaryFolder(), "edgepost.db")), nodeTransport));
});

describe("the embedded engine, in memory and with our own engine of SMTP", () => {
  engineSuite(houseOf(async () => memoryStore(), nativeTransport));
});
