import { Readable } from "node:stream";
import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { createTransport } from "nodemailer";

// A program: sends a small message, so that everything is loaded, and then one with an attachment of so many megabytes,
// each piece of it made when it is asked for. Prints how far the memory of its process rose between.

const PIECE_OCTETS = 65_536;
const [, , sender = "", port = "", megabytes = ""] = process.argv;

const server = { host: "127.0.0.1", port: Number(port) };
const send = await createSender();
await send(attachment(1));

const before = process.memoryUsage.rss();
const start = performance.now();
await send(attachment(Number(megabytes)));
const extraOctets = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ extraOctets, ms: performance.now() - start }));
process.exit();

async function createSender(): Promise<(content: ReadableStream<Uint8Array>) => Promise<unknown>> {
  const message = { from: "ada@example.com", to: "grace@example.com", subject: "A large one", text: "See attached." };
  const filename = "large.bin";
  if (sender === "nodemailer pool") {
    const transporter = createTransport({ ...server, ignoreTLS: true, pool: true });
    return (content) =>
      transporter.sendMail({ ...message, attachments: [{ filename, content: Readable.from(content) }] });
  }
  const create = sender === "nodeTransport" ? nodeTransport : nativeTransport;
  const mailer = createMailer({ transport: create({ ...server, security: "none" }) });
  return (content) => mailer.send({ ...message, attachments: [{ filename, content }] });
}

function attachment(megabytesOfIt: number): ReadableStream<Uint8Array> {
  let left = megabytesOfIt * 1_000_000;
  return new ReadableStream({
    pull(controller) {
      const piece = new Uint8Array(Math.min(PIECE_OCTETS, left)).fill(left & 255);
      left -= piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
}
