import type { Attachment, OutgoingMail } from "@edgepost/core";
import type { Services } from "../context.ts";
import type { ApiKey } from "../keys/scopes.ts";
import { build } from "./build.ts";
import { openFor } from "./send.ts";
import type { SendBody } from "./send-body.ts";
import { settle } from "./settle.ts";
import { findWarnings } from "./warnings.ts";

/** What would be sent: the message as its readers see it, its source, and what its author may want to change. */
export async function preview(services: Services, key: ApiKey, body: SendBody) {
  const connection = await openFor(services, key, body);
  try {
    return await present(await settle(await build(services, body, connection), services.limits.maxMessageBytes));
  } finally {
    await connection.release();
  }
}

async function present(mail: OutgoingMail) {
  const { message, envelope, messageId } = mail;
  const bytes = await mail.bytes();
  return {
    messageId,
    envelope,
    subject: message.subject,
    from: message.from,
    replyTo: message.replyTo,
    to: message.to,
    cc: message.cc,
    text: message.text ?? null,
    html: message.html ?? null,
    attachments: message.attachments.map(describe),
    size: bytes.length,
    warnings: findWarnings(message, bytes.length),
    raw: new TextDecoder().decode(bytes),
  };
}

function describe({ filename, contentType, disposition, contentId, content }: Attachment) {
  const size = content.kind === "bytes" ? content.bytes.length : content.size;
  return { filename: filename ?? null, contentType, disposition, contentId: contentId ?? null, size: size ?? null };
}
