import { createServer } from "@edgepost/server";
import { embeddedQueue, sqliteStore } from "@edgepost/server/node";
import { nodeTransport } from "@edgepost/transport-node";
import { listen } from "../../../packages/server/src/node/listen.ts";
import { TOKEN } from "../endpoint.ts";

// A server with a queue as a process of its own, so that it can be killed: `node queue-server.ts <database> <SMTP port>`.
// What takes minutes in earnest takes milliseconds here.
const [, , path = "", port = ""] = process.argv;

const server = createServer({
  transport: nodeTransport,
  connections: { main: { host: "127.0.0.1", port: Number(port), security: "none" } },
  store: await sqliteStore(path),
  encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
  keys: [{ name: "test", token: TOKEN }],
  outbox: embeddedQueue(),
  outboxLimits: {
    firstDelayMs: 20,
    longestDelayMs: 200,
    firstPauseMs: 50,
    longestPauseMs: 200,
    maxInterruptions: 1_000,
  },
});
await server.recover();
server.start();
const { url } = await listen("127.0.0.1", 0, server.fetch);
console.log(url);
