import type { Issue } from "../errors.ts";
import type { Fields } from "../util/fields.ts";
import { isAscii } from "../util/safe-text.ts";
import { flattenGroups, parseAddresses } from "./address.ts";
import type { EnvelopeInput } from "./input.ts";
import type { Address, Mailbox } from "./message.ts";

/** Who the message really goes to (RFC 5321 section 2.3.1): bare addresses, whatever the headers show. */
export interface Envelope {
  /** The reverse path. Empty for the null sender `<>`. */
  readonly from: string;
  /** At least one forward path, no duplicates. */
  readonly to: readonly [string, ...string[]];
}

/**
 * Who it really goes to: the override, or sender and recipients of the header. Each address once, however many fields
 * name it: domains are lower case by now, and local parts are different when their case is (RFC 5321 section 2.4).
 */
export function parseEnvelope(
  override: Fields<EnvelopeInput>,
  sender: Mailbox | undefined,
  recipients: readonly Address[],
  issues: Issue[],
): Envelope | undefined {
  const from = override.has("from") ? parseReversePath(override, issues) : sender?.address;
  const to = override.has("to") ? parseAddresses(override.raw("to"), override.pathOf("to"), issues) : recipients;
  override.refuseOthers();
  const [first, ...others] = new Set(flattenGroups(to).map(({ address }) => address));
  return first === undefined || from === undefined ? undefined : { from, to: [first, ...others] };
}
/** `""` is the null sender, to which nothing bounces (RFC 5321 section 4.5.5). */
function parseReversePath(override: Fields<EnvelopeInput>, issues: Issue[]): string | undefined {
  const written = override.raw("from");
  if (written === "") return written;
  const before = issues.length;
  const mailboxes =
    typeof written === "string" ? flattenGroups(parseAddresses(written, override.pathOf("from"), issues)) : [];
  if (mailboxes.length !== 1 && issues.length === before)
    override.refuse("from", 'must be one address, or "" for the null sender');
  return mailboxes[0]?.address;
}

/** True when the envelope or one of these mailboxes needs SMTPUTF8: domains are A-labels, so it is a local part. */
export function isInternational(envelope: Envelope, mailboxes: readonly Mailbox[]): boolean {
  return !(isAscii(envelope.from) && envelope.to.every(isAscii) && mailboxes.every(({ address }) => isAscii(address)));
}
