const { createMailer } = require("@edgepost/core");
const { nodeTransport } = require("@edgepost/transport-node");
const { nativeTransport } = require("@edgepost/transport-node/native");

async function main() {
  const connection = { host: "127.0.0.1", port: Number(process.env.SMTP_PORT), security: "none" };
  for (const transport of [nodeTransport(connection), nativeTransport(connection)]) {
    const mailer = createMailer({ transport });
    await mailer.send({ from: "node@example.com", to: "ada@example.com", subject: "transport-node.cjs", text: "…" });
    await mailer.close();
  }
}

main();
