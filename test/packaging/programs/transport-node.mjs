import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";

const connection = { host: "127.0.0.1", port: Number(process.env.SMTP_PORT), security: "none" };
for (const transport of [nodeTransport(connection), nativeTransport(connection)]) {
  const mailer = createMailer({ transport });
  await mailer.send({ from: "node@example.com", to: "ada@example.com", subject: "transport-node.mjs", text: "…" });
  await mailer.close();
}
