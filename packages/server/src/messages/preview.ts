import type { Attachment, OutgoingMail } from "@edgepost/core";
import { requireChoice } from "../connections/connections.ts";
import type { Services } from "../context.ts";
import type { ApiKey } from "../keys/scopes.ts";
import { build } from "./build.ts";
import type { SendBody } from "./send-body.ts";
import { findWarnings } from "./warnings.ts";

/** What would be sent: the message as its readers see it, its source, and what its author may want to change. */
export async function preview({ connections, buildOptions }: Services, key: ApiKey, body: SendBody) {
  requireChoice(key, body.connection);
  const connection = await connections.open(body.connection, key);
  try {
    return present(await build(body, connection, buildOptions));
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
