import process from "node:process";
import { createMailer } from "@edgepost/core";
import { nativeTransport } from "@edgepost/transport-node/native";

await using mailer = createMailer({ transport: nativeTransport(process.env.SMTP_URL ?? "") });

const receipt = await mailer.send({
  from: "Acme <billing@acme.com>",
  to: "ada@example.com",
  subject: "Hello from Deno",
  text: "Our own engine, over Deno's sockets.",
});
console.log(`${receipt.reply?.code} ${receipt.accepted.join(", ")}`);
