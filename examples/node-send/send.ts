import { createMailer, isMailError } from "@edgepost/core";
import { fileAttachment, nodeTransport } from "@edgepost/transport-node";

await using mailer = createMailer({
  transport: nodeTransport(process.env.SMTP_URL ?? ""),
  defaults: { from: "Acme <billing@acme.com>" },
});

try {
  const receipt = await mailer.send({
    to: ["Ada Lovelace <ada@example.com>", "grace@example.com"],
    subject: "Your invoice №7",
    text: "Dear customer, the invoice is attached.",
    html: "<p>Dear customer, the invoice is <b>attached</b>.</p>",
    attachments: [await fileAttachment(new URL("./invoice.txt", import.meta.url))],
  });
  for (const address of receipt.accepted) console.log(`accepted  ${address}`);
  for (const { address, reply } of receipt.rejected) console.log(`rejected  ${address}  ${reply.code} ${reply.text}`);
} catch (error) {
  if (!isMailError(error)) throw error;
  console.error(`${error.code}: ${error.message}${error.retryable ? " Trying again later may help." : ""}`);
  process.exitCode = 1;
}
