import { buildMime, createMailer } from "@edgepost/core";
import { createTransport } from "nodemailer";
import { startSmtpSink } from "../../test/support/smtp-sink.ts";
import { nodeTransport } from "./src/index.ts";

const N = Number(process.argv[2] ?? 6000);
const what = process.argv[3] ?? "all";
const data = {
  from: "a@x.example",
  to: "b@x.example",
  subject: "hi",
  text: "hello ".repeat(100),
  html: "<p>hello</p>".repeat(20),
};
const port = Number(process.env.PORT);
async function time(name, send, close) {
  let next = 0;
  const s = performance.now();
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (next++ < N) await send();
    }),
  );
  console.log(name, ((N / (performance.now() - s)) * 1000) | 0);
  await close();
}
const { nativeTransport } = await import("./src/native.ts").catch(() => ({}));
for (let round = 0; round < 3; round++) {
  const conn = { host: "127.0.0.1", port, security: "none", pool: { maxConnections: 5, maxMessages: 1000000 } };
  if (what === "all") {
    const t = createTransport({ host: "127.0.0.1", port, pool: true, maxConnections: 5, maxMessages: 1e9 });
    await time(
      "nodemailer pool",
      () => t.sendMail(data),
      () => t.close(),
    );
  }
  if (what === "all" || what === "node") {
    const m = createMailer({ transport: nodeTransport(conn) });
    await time(
      "edgepost node",
      () => m.send(data),
      () => m.close(),
    );
  }
  if (what === "all" || what === "node-built") {
    const m = nodeTransport(conn);
    const mail = await buildMime(data);
    await time(
      "edgepost node, built",
      () => m.send(mail),
      () => m.close(),
    );
  }
  if (nativeTransport && (what === "all" || what === "native")) {
    const m = createMailer({ transport: nativeTransport(conn) });
    await time(
      "edgepost native",
      () => m.send(data),
      () => m.close(),
    );
  }
  if (nativeTransport && (what === "all" || what === "native-built")) {
    const m = nativeTransport(conn);
    const mail = await buildMime(data);
    await time(
      "edgepost native, built",
      () => m.send(mail),
      () => m.close(),
    );
  }
  if (what === "all" || what === "mime") {
    await time(
      "mime only",
      async () => (await buildMime(data)).bytes(),
      () => {},
    );
  }
}
