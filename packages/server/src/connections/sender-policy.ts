import {
  type Issue,
  MailError,
  type Message,
  type MessageDefaults,
  type MessageInput,
  parseAddress,
} from "@edgepost/core";

/** Fields whose default of the connection may be made the last word. */
export const FIXABLE_FIELDS = ["from", "replyTo", "to", "cc", "bcc"] as const;

export type FixableField = (typeof FIXABLE_FIELDS)[number];

/** What a connection lets messages say for themselves. */
export interface SenderPolicy {
  /** Addresses, or whole domains as `@acme.com`, that may stand as sender. Undefined for any. */
  readonly allowedFrom?: readonly string[] | undefined;
  /** Fields that are always the connection's own default, and an issue in a message. */
  readonly fixed?: readonly FixableField[] | undefined;
}

/** The message with the connection's defaults. A message's own field replaces the default, unless it is fixed. */
export function withDefaults(
  message: MessageInput,
  defaults: MessageDefaults,
  { fixed = [] }: SenderPolicy,
): MessageInput {
  if (fixed.length > 0) refuseFixed(message, fixed);
  // A ready message says everything itself.
  if (message.raw !== undefined) return message;
  const missing = Object.entries(defaults).filter(([name]) => message[name as keyof MessageDefaults] === undefined);
  return { ...message, ...Object.fromEntries(missing) };
}

/** Reads an entry of `allowedFrom` in the form addresses are compared in; `undefined` when it is none. */
export function parseAllowed(entry: string): string | undefined {
  try {
    const { address } = parseAddress(entry.startsWith("@") ? `x${entry}` : entry);
    return entry.startsWith("@") ? domainOf(address) : address;
  } catch {
    return undefined;
  }
}

/** Every address that says who the message is from: authors, sender, and where it bounces to. */
export function refuseForeignSender(message: Message, { allowedFrom }: SenderPolicy): void {
  if (allowedFrom === undefined) return;
  const isForeign = (address: string) => !allowedFrom.includes(address) && !allowedFrom.includes(domainOf(address));
  const issues: Issue[] = [];
  const check = (path: string, addresses: readonly string[]) => {
    if (addresses.some(isForeign)) issues.push({ path, message: "is not a sender this connection allows" });
  };
  // What a ready message shows as its author need not be what we read in it.
  if (message.raw !== undefined) issues.push({ path: "raw", message: "is not possible where the sender is limited" });
  const authors = message.from.map(({ address }) => address);
  const senders = message.sender === undefined ? [] : [message.sender.address];
  check("from", authors);
  check("sender", senders);
  const reversePath = message.envelope.from;
  if (reversePath !== "" && ![...authors, ...senders].includes(reversePath)) check("envelope.from", [reversePath]);
  if (issues.length > 0) throw invalid(issues);
}

function refuseFixed(message: MessageInput, fixed: readonly FixableField[]): void {
  const issues: Issue[] = fixed
    .filter((field) => message[field] !== undefined)
    .map((path) => ({ path, message: "is fixed by the connection" }));
  const fixesRecipients = fixed.some((field) => field === "to" || field === "cc" || field === "bcc");
  if (fixesRecipients && message.envelope?.to !== undefined) {
    issues.push({ path: "envelope.to", message: "is fixed by the connection" });
  }
  if (message.raw !== undefined) issues.push({ path: "raw", message: "is not possible where fields are fixed" });
  if (issues.length > 0) throw invalid(issues);
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@"));
}

function invalid(issues: readonly Issue[]): MailError {
  const lines = issues.map(({ path, message }) => `${path}: ${message}`);
  return new MailError("invalid-message", `The message cannot be sent: ${lines.join("; ")}`, {
    phase: "input",
    issues,
  });
}
