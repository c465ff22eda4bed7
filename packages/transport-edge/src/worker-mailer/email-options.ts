import { type Attachment, type Dsn, MailError, type OutgoingMail } from "@edgepost/core";
import type { EmailOptions } from "worker-mailer";

/** Fields of the body core would have built; worker-mailer writes its own. */
const BODY_FIELD = /^(?:mime-version|content-(?:type|transfer-encoding|disposition|id))$/i;

/** @throws MailError `unsupported` for what worker-mailer's MIME cannot express; `smtputf8-unsupported`. */
export function refuseUnsupportedMail({ message, once }: OutgoingMail): void {
  const refuse = (what: string): never => {
    throw new MailError("unsupported", `worker-mailer cannot send ${what}.`, { phase: "input" });
  };
  const { attachments } = message;
  if (message.raw !== undefined) refuse("a raw message");
  if (message.amp !== undefined) refuse("AMP");
  if (message.calendar !== undefined) refuse("a calendar");
  if (message.alternatives.length > 0) refuse("further alternatives");
  if (message.requireTls) refuse("a message that asks for TLS on every hop");
  if (once) refuse("a stream that can be read once");
  if (attachments.some(({ disposition }) => disposition === "inline")) refuse("inline attachments");
  if (attachments.some(({ headers }) => headers.length > 0)) refuse("attachments with header fields");
  if (attachments.some(({ contentType }) => /^message\//i.test(contentType))) refuse("messages as attachments");
  if (message.needsSmtpUtf8) {
    const text = "worker-mailer does not speak SMTPUTF8, which an address of this message needs.";
    throw new MailError("smtputf8-unsupported", text, { phase: "input" });
  }
}

/**
 * A message in worker-mailer's terms. Its header is the one core wrote, encoded and folded; all it builds is MIME.
 * @throws MailError `unsupported` for a DKIM signature.
 */
export async function emailOptions(mail: OutgoingMail): Promise<EmailOptions> {
  const { text, html, dsn, attachments } = mail.message;
  return {
    from: { email: mail.envelope.from },
    // Recipients are said one by one; a header field that is there already is not made of these.
    to: [],
    subject: "",
    headers: await headerFields(mail),
    // It builds no message without a word in it.
    ...(html ? { html, ...(text && { text }) } : { text: text || "\r\n" }),
    attachments: await Promise.all(attachments.map(attachmentOptions)),
    ...(dsn !== undefined && { dsnOverride: dsnOptions(dsn) }),
  };
}

/**
 * The header of the message as core composes it: a fresh object each time, since worker-mailer writes into what it is
 * given. Fields it would make of addresses are there already, blind copies in none of them.
 */
async function headerFields(mail: OutgoingMail): Promise<Record<string, string>> {
  const bytes = new TextDecoder().decode(await mail.bytes());
  const header = bytes.slice(0, bytes.indexOf("\r\n\r\n"));
  const fields = new Map<string, string>();
  for (const field of header.split(/\r\n(?![ \t])/)) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon);
    const value = field.slice(colon + 1).trimStart();
    if (/^dkim-signature$/i.test(name)) {
      throw new MailError("unsupported", "worker-mailer rebuilds the message, which breaks its DKIM signature.", {
        phase: "input",
      });
    }
    if (BODY_FIELD.test(name)) continue;
    const before = fields.get(name);
    // A field that stands twice: a record has no other place for the second line.
    fields.set(name, before === undefined ? value : `${before}\r\n${name}: ${value}`);
  }
  // Without it worker-mailer makes the field of its recipients, blind copies too.
  if (!fields.has("To")) fields.set("To", "undisclosed-recipients:;");
  return Object.fromEntries(fields);
}

async function attachmentOptions({ filename = "attachment", contentType, content }: Attachment) {
  const bytes =
    content.kind === "bytes" ? content.bytes : new Uint8Array(await new Response(await content.open({})).arrayBuffer());
  return { filename: quotable(filename), mimeType: contentType, content: base64(bytes) };
}

/** A file name worker-mailer puts between quotes as it is: encoded words (RFC 2047) where it is not plain ASCII. */
function quotable(filename: string): string {
  if (/^[ !#-[\]-~]*$/.test(filename)) return filename;
  const words: string[] = [];
  let word: number[] = [];
  for (const character of filename) {
    const octets = new TextEncoder().encode(character);
    if (word.length + octets.length > MAX_WORD_OCTETS) {
      words.push(encodedWord(word));
      word = [];
    }
    word.push(...octets);
  }
  return [...words, encodedWord(word)].join(" ");
}

/** An encoded word has 75 characters at most, 63 of them base64. */
const MAX_WORD_OCTETS = 45;

function encodedWord(octets: readonly number[]): string {
  return `=?UTF-8?B?${base64(Uint8Array.from(octets))}?=`;
}

/** In pieces a call can take as arguments, a multiple of three octets each. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 3_072) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + 3_072)));
  }
  return text;
}

/** RFC 3461. A wish without `notify` leaves it to the server, which is told in so many words: unsaid means NEVER here. */
function dsnOptions({
  notify = ["failure", "delay"],
  return: ret,
  envelopeId,
}: Dsn): NonNullable<EmailOptions["dsnOverride"]> {
  return {
    ...(envelopeId !== undefined && { envelopeId: xtext(envelopeId) }),
    ...(ret !== undefined && { RET: ret === "full" ? { FULL: true } : { HEADERS: true } }),
    NOTIFY:
      notify === "never"
        ? {}
        : { SUCCESS: notify.includes("success"), FAILURE: notify.includes("failure"), DELAY: notify.includes("delay") },
  };
}

/** RFC 3461 section 4. */
function xtext(text: string): string {
  return text.replace(/[^!-~]|[+=]/g, (found) => `+${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
