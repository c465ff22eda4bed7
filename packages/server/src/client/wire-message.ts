import {
  type Address,
  type AttachmentSource,
  formatAddress,
  type Group,
  type Header,
  MailError,
  type Message,
  type OutgoingMail,
} from "@edgepost/core";

/** A message as the endpoint takes it: JSON, and the files beside it. */
export interface WireMessage {
  readonly json: object;
  /** Contents by the name of their part; empty when the JSON is all. */
  readonly files: readonly { readonly name: string; readonly content: Blob }[];
}

/**
 * A checked message in the form the endpoint takes. Message-ID, date and envelope go along, so that what the endpoint
 * builds is this message and not one like it; Bcc goes nowhere but into the envelope.
 *
 * @throws MailError `unsupported` for bytes that JSON cannot carry, `attachment-failed` when a source cannot be read.
 */
export async function toWireMessage(mail: OutgoingMail, signal: AbortSignal | undefined): Promise<WireMessage> {
  const { message, envelope } = mail;
  const delivery = { envelope, dsn: message.dsn, requireTls: message.requireTls || undefined };
  if (message.raw !== undefined || mail.signed) {
    // What is ready, or signed, must arrive as it is.
    return { json: delivery, files: [{ name: "raw", content: await new Response(mail.stream()).blob() }] };
  }
  const contents = await Promise.all(message.attachments.map(({ content }) => read(content, signal)));
  return {
    json: { ...delivery, ...headerFields(message), ...contentFields(message) },
    files: contents.map((content, index) => ({ name: `file-${index}`, content })),
  };
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

function contentFields({ text, html, amp, calendar, alternatives, attachments }: Message): object {
  return {
    text,
    html,
    amp,
    calendar,
    alternatives: alternatives.map(({ contentType, content, headers }, index) => ({
      contentType,
      content: typeof content === "string" ? content : decode(content, `alternatives[${index}].content`),
      headers: byName(headers),
    })),
    attachments: attachments.map(({ filename, contentType, disposition, contentId, headers }, index) => ({
      file: `file-${index}`,
      filename,
      contentType,
      disposition,
      contentId,
      headers: byName(headers),
    })),
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

/** A `Blob` may lie on disk, where a browser puts what it read from a picked file. */
async function read(source: AttachmentSource, signal: AbortSignal | undefined): Promise<Blob> {
  if (source.kind === "bytes") return new Blob([source.bytes as Uint8Array<ArrayBuffer>]);
  return new Response(await source.open({ signal })).blob();
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
