import type { Issue } from "../errors.ts";
import type { Fields } from "../util/fields.ts";
import { flattenGroups, parseAddresses } from "./address.ts";
import { parseDelivery } from "./delivery.ts";
import { isInternational, parseEnvelope } from "./envelope.ts";
import type { EnvelopeInput, MessageInput } from "./input.ts";
import type { Address, Message } from "./message.ts";
import { createMessageId, parseIdDomain } from "./message-id.ts";
import type { MessageContext } from "./normalize.ts";
import type { RawHeader } from "./raw-header.ts";
import { readRawHeader } from "./raw-header.ts";

/**
 * A message that is ready. Its header says who it is from and to, unless the envelope does; the defaults of a mailer are
 * for messages that are still to be written, and play no part.
 */
export function parseRaw(
  fields: Fields<MessageInput>,
  envelopeFields: Fields<EnvelopeInput>,
  { clock, random, hostname }: MessageContext,
  issues: Issue[],
): Message | undefined {
  refuseBesideRaw(fields);
  const delivery = parseDelivery(fields);
  const header = readRawHeader(fields.raw("raw"), issues);
  if (header === undefined) return undefined;

  const isAddressed = envelopeFields.has("from") && envelopeFields.has("to");
  if (header.source.kind === "stream" && !isAddressed) {
    fields.refuse("envelope", "must have `from` and `to`: a raw stream is not read before it is sent");
    return undefined;
  }
  // With an envelope of its own, what the header says is for people to read, and may be anything.
  const headerIssues = isAddressed ? [] : issues;
  const from = flattenGroups(addressesOf("from", header, headerIssues));
  const [sender] = flattenGroups(addressesOf("sender", header, headerIssues));
  const to = addressesOf("to", header, headerIssues);
  const cc = addressesOf("cc", header, headerIssues);
  const bcc = addressesOf("bcc", header, headerIssues);
  refuseRepeated(["from", "sender"], header, headerIssues);
  const envelope = parseEnvelope(envelopeFields, sender ?? from[0], [...to, ...cc, ...bcc], issues);
  if (envelope === undefined) {
    if (issues.length === 0) fields.refuse("raw", "has no sender or no recipient in its header: give `envelope`");
    return undefined;
  }

  const [author = { address: envelope.from }, ...otherAuthors] = from;
  const date = new Date(header.fields.get("date")?.[0] ?? Number.NaN);
  const [messageId] = /<[\x21-\x3b\x3d\x3f-\x7e]+>/.exec(header.fields.get("message-id")?.[0] ?? "") ?? [];
  return {
    from: [author, ...otherAuthors],
    ...(sender !== undefined && { sender }),
    replyTo: addressesOf("reply-to", header, []),
    to,
    cc,
    bcc,
    subject: header.fields.get("subject")?.[0] ?? "",
    alternatives: [],
    attachments: [],
    headers: [],
    messageId: messageId ?? createMessageId(random, parseIdDomain(hostname, author.address, issues)),
    date: Number.isNaN(date.getTime()) ? clock() : date,
    inReplyTo: [],
    references: [],
    priority: "normal",
    ...delivery,
    envelope,
    raw: header.source,
    needsSmtpUtf8: header.isInternational || isInternational(envelope, []),
  };
}

function refuseBesideRaw(fields: Fields<MessageInput>): void {
  for (const name of ["from", "sender", "replyTo", "to", "cc", "bcc"] as const) {
    if (fields.has(name)) fields.refuse(name, "cannot stand beside `raw`: use its header, or `envelope`");
  }
  for (const name of CONTENT_FIELDS) {
    if (fields.has(name)) fields.refuse(name, "cannot stand beside `raw`, which is sent as it is");
  }
}

const CONTENT_FIELDS = [
  "subject",
  "text",
  "html",
  "amp",
  "calendar",
  "alternatives",
  "attachments",
  "headers",
  "messageId",
  "date",
  "inReplyTo",
  "references",
  "priority",
  "listUnsubscribe",
  "autoSubmitted",
  "textFromHtml",
  "inlineDataImages",
] as const;

/** By the same grammar as any other. Names that hold encoded words stay encoded: only the addresses matter here. */
function addressesOf(name: string, header: RawHeader, issues: Issue[]): Address[] {
  const values = header.fields.get(name) ?? [];
  return values.flatMap((value) => (value === "" ? [] : parseAddresses(value, `raw.${name}`, issues)));
}

/** Readers disagree on which of them counts, and so would the envelope. */
function refuseRepeated(names: readonly string[], header: RawHeader, issues: Issue[]): void {
  for (const name of names) {
    const count = header.fields.get(name)?.length ?? 0;
    if (count > 1) issues.push({ path: `raw.${name}`, message: `stands in the header ${count} times` });
  }
}
