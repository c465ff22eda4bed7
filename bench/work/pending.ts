import { createServer } from "node:net";
import { createMailer } from "@edgepost/core";
import { nativeTransport } from "@edgepost/transport-node/native";
import { letter } from "./sending.ts";

// A program: calls `send` again and again while the server says nothing, and prints the heap after each of so many calls.

const counts: number[] = JSON.parse(process.argv[2] ?? "[]");

const server = createServer(() => {}).listen(0, "127.0.0.1", async () => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const mailer = createMailer({ transport: nativeTransport({ host: "127.0.0.1", port, security: "none" }) });
  const message = letter(0);
  const octets: number[] = [];
  let pending = 0;
  for (const count of counts) {
    for (; pending < count; pending++) mailer.send(message).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    globalThis.gc?.();
    octets.push(process.memoryUsage().heapUsed + process.memoryUsage().external);
  }
  console.log(JSON.stringify(octets));
  process.exit();
});
