import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { messageOf } from "./large-message.ts";

// Sends a small message, so that everything is loaded, and then a large one; prints how far memory rose above the first.

export interface Measured {
  /** As the receipt has it. */
  readonly messageBytes: number;
  /** The most memory the process ever had, less what it had before the large message. */
  readonly extraBytes: number;
  readonly ms: number;
}

const [, , name, port, mebibytes] = process.argv;
const create = name === "nodeTransport" ? nodeTransport : nativeTransport;
const mailer = createMailer({ transport: create({ host: "127.0.0.1", port: Number(port), security: "none" }) });
await mailer.send(messageOf(1));

const before = process.memoryUsage.rss();
const start = performance.now();
const { size } = await mailer.send(messageOf(Number(mebibytes)));
const measured: Measured = {
  messageBytes: size,
  extraBytes: process.resourceUsage().maxRSS * 1024 - before,
  ms: Math.round(performance.now() - start),
};
await mailer.close();
console.log(JSON.stringify(measured));
