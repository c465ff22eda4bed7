import type { Issue } from "../errors.ts";
import { inputError } from "../errors.ts";
import { hasLineBreakOrNul, isAscii, replaceLoneSurrogates } from "../util/safe-text.ts";
import { flattenGroups, parseAddresses } from "./address.ts";
import type { AttachmentPolicy } from "./attachment.ts";
import type { MessageDefaults, MessageInput } from "./input.ts";
import type { Attachment, Header, Message } from "./message.ts";

/** What a message takes from its surroundings. */
export interface MessageContext {
  /** For fields the message leaves out; the first that has one wins. */
  readonly defaults: readonly MessageDefaults[];
  readonly attachments: AttachmentPolicy;
  readonly clock: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  readonly hostname: string | undefined;
}

export function parseMessage(input: MessageInput, context: MessageContext): Message {
  const issues: Issue[] = [];
  const field = (name: keyof MessageDefaults) =>
    input[name] ?? context.defaults.find((defaults) => defaults[name] !== undefined)?.[name];
  const addresses = (name: "from" | "to" | "cc" | "bcc" | "replyTo") => {
    const value = field(name);
    return value === undefined ? [] : parseAddresses(value, name, issues);
  };
  const [from, ...more] = flattenGroups(addresses("from"));
  const to = addresses("to");
  const cc = addresses("cc");
  const bcc = addresses("bcc");
  const replyTo = addresses("replyTo");
  const [recipient, ...others] = new Set(flattenGroups([...to, ...cc, ...bcc]).map(({ address }) => address));
  const subject = replaceLoneSurrogates(input.subject ?? "");
  if (hasLineBreakOrNul(subject)) issues.push({ path: "subject", message: "must not contain a line break or NUL" });
  const headers: Header[] = Object.entries(field("headers") ?? {}).map(([name, value]) => ({
    name,
    value: String(value),
  }));
  const attachments: Attachment[] = [];
  if (from === undefined) issues.push({ path: "from", message: "is missing" });
  if (recipient === undefined) issues.push({ path: "to", message: "is missing" });
  if (from === undefined || recipient === undefined || issues.length > 0) throw inputError("invalid-message", issues);
  const envelope = { from: from.address, to: [recipient, ...others] as [string, ...string[]] };
  const domain = context.hostname ?? from.address.slice(from.address.lastIndexOf("@") + 1);
  const id = Array.from(context.random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    from: [from, ...more],
    replyTo,
    to,
    cc,
    bcc,
    subject,
    ...(input.text !== undefined && { text: replaceLoneSurrogates(input.text) }),
    ...(input.html !== undefined && { html: replaceLoneSurrogates(input.html) }),
    alternatives: [],
    attachments,
    headers,
    messageId: `<${id}@${domain}>`,
    date: context.clock(),
    inReplyTo: [],
    references: [],
    priority: "normal",
    requireTls: false,
    envelope,
    needsSmtpUtf8: [envelope.from, ...envelope.to].some((address) => !isAscii(address)),
  };
}
