import type { Priority } from "../message/input.ts";
import type { Message } from "../message/message.ts";
import { addressField } from "./address-field.ts";
import { formatDate } from "./date.ts";
import { structuredField, textField } from "./header.ts";

/**
 * The header fields of a message (RFC 5322 section 3.6), in the order people expect to read them; those about its content
 * follow with the body. Bcc is not among them: it lives in the envelope.
 */
export function messageFields(message: Message): string[] {
  const { from, sender, replyTo, to, cc, subject, inReplyTo, references, listUnsubscribe, autoSubmitted } = message;
  const fields = [structuredField("Date", formatDate(message.date).split(" ")), addressField("From", from)];
  if (sender !== undefined) fields.push(addressField("Sender", [sender]));
  if (replyTo.length > 0) fields.push(addressField("Reply-To", replyTo));
  if (to.length > 0) fields.push(addressField("To", to));
  if (cc.length > 0) fields.push(addressField("Cc", cc));
  if (subject !== "") fields.push(textField("Subject", subject));
  fields.push(structuredField("Message-ID", [message.messageId]));
  if (inReplyTo.length > 0) fields.push(structuredField("In-Reply-To", inReplyTo));
  if (references.length > 0) fields.push(structuredField("References", references));
  fields.push("MIME-Version: 1.0", ...PRIORITY_FIELDS[message.priority]);
  if (listUnsubscribe !== undefined) fields.push(...listUnsubscribeFields(listUnsubscribe));
  if (autoSubmitted !== undefined) fields.push(structuredField("Auto-Submitted", [autoSubmitted]));
  for (const { name, value } of message.headers) fields.push(textField(name, value));
  return fields;
}

/** `X-Priority` for Thunderbird and Apple Mail, `Importance` (RFC 4021) for Outlook and Gmail; `Priority` is for X.400. */
const PRIORITY_FIELDS: Record<Priority, readonly string[]> = {
  high: ["X-Priority: 1", "Importance: high"],
  normal: [],
  low: ["X-Priority: 5", "Importance: low"],
};

/** RFC 2369, and RFC 8058 for one click. Readers take the first they can, so the URL stands before the address. */
function listUnsubscribeFields({ url, mailto, oneClick }: NonNullable<Message["listUnsubscribe"]>): string[] {
  const targets = [url, mailto].filter((target) => target !== undefined).map((target) => `<${target}>`);
  const field = structuredField("List-Unsubscribe", targets.join(", ").split(" "));
  return oneClick ? [field, "List-Unsubscribe-Post: List-Unsubscribe=One-Click"] : [field];
}
