import type { Issue } from "../errors.ts";
import type { Fields } from "../util/fields.ts";
import { flattenGroups, parseAddresses } from "./address.ts";
import { isInternational, parseEnvelope } from "./envelope.ts";
import type { EnvelopeInput, MessageDefaults, MessageInput } from "./input.ts";
import type { Address, Mailbox, Message } from "./message.ts";

/** Everybody a message names, and whom it really goes to. */
export type Participants = Pick<
  Message,
  "from" | "sender" | "replyTo" | "to" | "cc" | "bcc" | "envelope" | "needsSmtpUtf8"
>;

/**
 * Reads all address fields.
 *
 * @param holderOf who has a field: the message, else its defaults.
 */
export function parseParticipants(
  fields: Fields<MessageInput>,
  envelopeFields: Fields<EnvelopeInput>,
  holderOf: (name: keyof MessageDefaults) => Fields<MessageDefaults>,
  issues: Issue[],
): Participants | undefined {
  const addressesOf = (name: keyof MessageDefaults): Address[] => {
    const holder = holderOf(name);
    const written = holder.raw(name);
    // Forms send what was left blank as an empty string: as a whole field it is nobody, inside a list it is a fault.
    if (written === undefined || (typeof written === "string" && written.trim() === "")) return [];
    return parseAddresses(written, holder.pathOf(name), issues);
  };

  const beforeAuthors = issues.length;
  const [author, ...others] = flattenGroups(addressesOf("from"));
  if (author === undefined && issues.length === beforeAuthors)
    fields.refuse("from", "is missing: who the message is from");
  const sender = parseSender(fields, issues);
  if (others.length > 0 && !fields.has("sender")) {
    fields.refuse("sender", "is missing: when several are `from`, one of them sends (RFC 5322 section 3.6.2)");
  }
  const replyTo = addressesOf("replyTo");
  const beforeRecipients = issues.length;
  const to = addressesOf("to");
  const cc = addressesOf("cc");
  const bcc = addressesOf("bcc");
  const envelope = parseEnvelope(envelopeFields, sender ?? author, [...to, ...cc, ...bcc], issues);
  if (envelope === undefined && author !== undefined && issues.length === beforeRecipients) {
    fields.refuse("to", "is missing: give at least one recipient in `to`, `cc`, `bcc` or `envelope.to`");
  }
  if (author === undefined || envelope === undefined) return undefined;

  const shown = [author, ...others, ...flattenGroups([...replyTo, ...to, ...cc])];
  if (sender !== undefined) shown.push(sender);
  return {
    from: [author, ...others],
    ...(sender !== undefined && { sender }),
    replyTo,
    to,
    cc,
    bcc,
    envelope,
    needsSmtpUtf8: isInternational(envelope, shown),
  };
}

function parseSender(fields: Fields<MessageInput>, issues: Issue[]): Mailbox | undefined {
  if (!fields.has("sender")) return undefined;
  const before = issues.length;
  const mailboxes = flattenGroups(parseAddresses(fields.raw("sender"), "sender", issues));
  if (mailboxes.length !== 1 && issues.length === before) fields.refuse("sender", "must be one mailbox");
  return mailboxes[0];
}
