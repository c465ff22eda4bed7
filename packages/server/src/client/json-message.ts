import {
  type Address,
  type Attachment,
  type AttachmentSource,
  formatAddress,
  type Group,
  type Header,
  MailError,
  type Message,
  type OutgoingMail,
} from "@edgepost/core";
import { toBase64 } from "../encoding.ts";

/**
 * A checked message in the JSON form the endpoint takes. Message-ID, date and envelope go along, so that what the
 * endpoint builds is this message and not one like it; Bcc goes nowhere but into the envelope.
 * @throws MailError `unsupported` for bytes that JSON cannot carry, `attachment-failed` when a source cannot be read.
 */
export async function toJsonMessage(mail: OutgoingMail, signal: AbortSignal | undefined): Promise<object> {
  const { message, envelope } = mail;
  const delivery = { envelope, dsn: message.dsn, requireTls: message.requireTls || undefined };
  if (message.raw !== undefined) return { ...delivery, raw: decode(await readAll(message.raw, signal), "raw") };
  return { ...delivery, ...headerFields(message), ...(await contentFields(message, signal)) };
}

function headerFields(message: Message): object {
  return {
    from: message.from,
    sender: message.sender,
    replyTo: addresses(message.replyTo),
    to: addresses(message.to),
    cc: addresses(message.cc),
    subject: message.subject,
    messageId: message.messageId,
    date: message.date.toISOString(),
    inReplyTo: message.inReplyTo,
    references: message.references,
    priority: message.priority,
    listUnsubscribe: message.listUnsubscribe,
    autoSubmitted: message.autoSubmitted,
    headers: byName(message.headers),
  };
}

async function contentFields(message: Message, signal: AbortSignal | undefined): Promise<object> {
  const { text, html, amp, calendar } = message;
  return {
    text,
    html,
    amp,
    calendar,
    alternatives: message.alternatives.map(({ contentType, content, headers }, index) => ({
      contentType,
      content: typeof content === "string" ? content : decode(content, `alternatives[${index}].content`),
      headers: byName(headers),
    })),
    attachments: await Promise.all(message.attachments.map((attachment) => writeAttachment(attachment, signal))),
  };
}

async function writeAttachment(attachment: Attachment, signal: AbortSignal | undefined): Promise<object> {
  const { filename, contentType, disposition, contentId, headers, content } = attachment;
  return {
    filename,
    contentType,
    disposition,
    contentId,
    headers: byName(headers),
    content: toBase64(await readAll(content, signal)),
    encoding: "base64",
  };
}

/** Groups have no object form: they are written as in a header (RFC 5322 section 3.4). */
function addresses(list: readonly Address[]): readonly unknown[] {
  return list.map((address) => ("group" in address ? writeGroup(address) : address));
}

function writeGroup({ group, members }: Group): string {
  return `"${group.replaceAll(/["\\]/g, "\\$&")}": ${members.map(formatAddress).join(", ")};`;
}

function byName(headers: readonly Header[]): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { name, value } of headers) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}

async function readAll(source: AttachmentSource, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (source.kind === "bytes") return source.bytes;
  return new Uint8Array(await new Response(await source.open({ signal })).arrayBuffer());
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MailError("unsupported", `${path}: bytes that are not UTF-8 cannot travel in JSON.`, {
      phase: "input",
      cause,
    });
  }
}
