import { createServer } from "@edgepost/server";
import { embeddedQueue, sqliteStore } from "@edgepost/server/node";
import { postgresQueue, postgresStore } from "@edgepost/server/postgres";
import { nodeTransport } from "@edgepost/transport-node";
import { listen } from "../../../packages/server/src/node/listen.ts";
import { TOKEN } from "../endpoint.ts";

// A server with a queue as a process of its own, so that it can be killed:
// `node queue-server.ts <file or postgres:// URL> <SMTP port> <name for EHLO> <start of a fast clock>`.
// What takes minutes in earnest takes milliseconds here.
const [, , database = "", port = "", clientName = "one.example", clockStart] = process.argv;

/** With a start, a minute passes in six seconds: all who share a database need the same one. */
function clock(): Date {
  const start = Number(clockStart ?? Date.now());
  return new Date(start + 10 * (Date.now() - start));
}

const isPostgres = database.startsWith("postgres:");
const server = createServer({
  transport: nodeTransport,
  connections: { main: { host: "127.0.0.1", port: Number(port), security: "none", clientName } },
  store: await (isPostgres ? postgresStore(database) : sqliteStore(database)),
  encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
  keys: [{ name: "test", token: TOKEN }],
  outbox: isPostgres ? postgresQueue(database, clock) : embeddedQueue(clock),
  outboxLimits: {
    firstDelayMs: 20,
    longestDelayMs: 200,
    firstPauseMs: 50,
    longestPauseMs: 200,
    maxInterruptions: 1_000,
  },
  clock,
});
await server.recover();
server.start();
const { url } = await listen("127.0.0.1", 0, server.fetch);
console.log(url);
