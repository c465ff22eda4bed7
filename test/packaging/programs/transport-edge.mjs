import { createMailer } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";

const connection = { host: "127.0.0.1", port: Number(process.env.SMTP_PORT), security: "none" };
const mailer = createMailer({ transport: edgeTransport(connection) });
await mailer.send({ from: "edge@example.com", to: "ada@example.com", subject: "transport-edge.mjs", text: "…" });
await mailer.close();
