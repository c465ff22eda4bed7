import { createMailer } from "@edgepost/core";
import { httpTransport } from "@edgepost/server/client";
import { startServer } from "@edgepost/server/node";

const apiKey = "0123456789abcdef0123456789abcdef";
const connection = { host: "127.0.0.1", port: Number(process.env.SMTP_PORT), security: "none" };
const server = await startServer({
  EDGEPOST_API_KEY: apiKey,
  EDGEPOST_PORT: "0",
  EDGEPOST_CONNECTIONS: JSON.stringify({ inbox: connection }),
});
const mailer = createMailer({ transport: httpTransport({ url: server.url, apiKey, connection: "inbox" }) });
await mailer.send({ from: "server@example.com", to: "ada@example.com", subject: "server.mjs", text: "…" });
await mailer.close();
await server.close();
