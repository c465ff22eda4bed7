import { createMailer, isMailError } from "@edgepost/core";
import { httpTransport } from "@edgepost/server/client";

const form = document.querySelector("form");
const output = document.querySelector("output");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (output === null) return;
  output.value = "Sending…";
  output.value = await send(new FormData(form));
});

async function send(fields: FormData): Promise<string> {
  const text = (name: string) => String(fields.get(name));
  const files = fields.getAll("files").filter((file) => file instanceof File && file.size > 0) as File[];
  const transport = httpTransport({ url: text("endpoint"), apiKey: text("key"), connection: "default" });
  try {
    const { accepted, rejected } = await createMailer({ transport }).send({
      from: "Acme <office@acme.com>",
      to: text("to"),
      subject: text("subject"),
      text: text("text"),
      attachments: files.map((file) => ({ filename: file.name, contentType: file.type, content: file })),
    });
    return [`Sent to ${accepted.join(", ")}.`, ...rejected.map(({ address }) => `${address} was refused.`)].join(" ");
  } catch (error) {
    return isMailError(error) ? `Not sent: ${error.message}` : String(error);
  }
}
