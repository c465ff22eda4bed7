import { createMailer } from "@edgepost/core";
import { nativeTransport } from "@edgepost/transport-node/native";

await using mailer = createMailer({ transport: nativeTransport(process.env.SMTP_URL ?? "") });

const receipt = await mailer.send({
  from: "Acme <billing@acme.com>",
  to: "ada@example.com",
  subject: "Hello from Bun",
  text: "Our own engine, over Bun's sockets.",
});
console.log(`${receipt.reply?.code} ${receipt.accepted.join(", ")}`);
