// The engine over sockets of one's own: what `@edgepost/core` can do alone.
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { createMailer } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";

async function connectOwn({ host, port }) {
  const { readable, writable } = Duplex.toWeb(connect(port, host));
  const startTls = () => Promise.reject(new Error("There is no TLS in this program."));
  return { readable, writable, startTls, close: () => writable.close().catch(() => {}) };
}

const connection = { host: "127.0.0.1", port: Number(process.env.SMTP_PORT), security: "none" };
const mailer = createMailer({ transport: createSmtpTransport(connectOwn, connection) });
await mailer.send({ from: "core@example.com", to: "ada@example.com", subject: "core.mjs", text: "…" });
await mailer.close();
