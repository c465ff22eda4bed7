import { createMailer } from "@edgepost/core";
import { spoolTransport } from "./spool-transport.ts";

await using mailer = createMailer({ transport: spoolTransport("spool") });

const receipt = await mailer.send({
  from: "Acme <billing@acme.com>",
  to: "ada@example.com",
  bcc: "archive@acme.com",
  subject: "Your invoice",
  text: "Dear customer, the invoice follows by post.",
});
console.log(`${receipt.size} octets for ${receipt.accepted.join(", ")}`);
