import type { Issue } from "../errors.ts";
import type { Fields } from "../util/fields.ts";
import { hasLineBreakOrNul } from "../util/safe-text.ts";
import { flattenGroups, parseAddresses } from "./address.ts";
import type { DsnInput, ListUnsubscribeInput, MessageInput } from "./input.ts";
import type { Dsn, ListUnsubscribe, Message } from "./message.ts";
import { domainOf } from "./message-id.ts";

/** RFC 3461 section 4.4, of the encoded form. */
const MAX_ENVELOPE_ID_LENGTH = 100;

/** One URL must fit a line of 998 octets (RFC 5322 section 2.1.1): it cannot be folded. */
const MAX_URL_LENGTH = 900;
/** Printable US-ASCII without quotes and angle brackets: a URL as it stands in a header (RFC 3986, RFC 2369). */
const MAILTO_TEXT = /^[\x21\x23-\x3b\x3d\x3f-\x7e]+$/;

/** What the servers on the way are asked for. */
export function parseDelivery(fields: Fields<MessageInput>): Pick<Message, "dsn" | "requireTls"> {
  const requireTls = fields.flag("requireTls", false);
  return { requireTls, ...(fields.has("dsn") && { dsn: parseDsn(fields.section("dsn")) }) };
}

/** Which delivery status notifications are asked for (RFC 3461). */
function parseDsn(fields: Fields<DsnInput>): Dsn {
  const notify = fields.has("notify") ? parseNotify(fields) : undefined;
  const returned = fields.has("return") ? fields.choice("return", ["full", "headers"], "headers") : undefined;
  const envelopeId = fields.has("envelopeId") ? parseEnvelopeId(fields) : undefined;
  const originalRecipient = fields.flag("originalRecipient", true);
  fields.refuseOthers();
  return {
    ...(notify !== undefined && { notify }),
    ...(returned !== undefined && { return: returned }),
    ...(envelopeId !== undefined && { envelopeId }),
    originalRecipient,
  };
}

function parseNotify(fields: Fields<DsnInput>): Dsn["notify"] {
  const notify = fields.raw("notify");
  if (notify === "never") return notify;
  const events = ["success", "failure", "delay"] as const;
  const isList = Array.isArray(notify) && notify.length > 0 && notify.every((event) => events.includes(event));
  if (isList) return events.filter((event) => notify.includes(event));
  fields.refuse("notify", 'must be "never" alone, or a list of "success", "failure", "delay"');
  return undefined;
}

/** Printable US-ASCII, since it comes back in a report for people; what is special in a parameter is sent as xtext. */
function parseEnvelopeId(fields: Fields<DsnInput>): string | undefined {
  const id = fields.raw("envelopeId");
  const encoded = typeof id === "string" ? id.replace(/[+= ]/g, "+00") : "";
  if (/^[\x21-\x7e]+$/.test(encoded) && encoded.length <= MAX_ENVELOPE_ID_LENGTH) return String(id);
  fields.refuse("envelopeId", `must be printable US-ASCII of ${MAX_ENVELOPE_ID_LENGTH} characters at most`);
  return undefined;
}

/** How to leave a list (RFC 2369), with one click where both sides can (RFC 8058). */
export function parseListUnsubscribe(message: Fields<MessageInput>, issues: Issue[]): ListUnsubscribe | undefined {
  if (!message.has("listUnsubscribe")) return undefined;
  const fields = message.section("listUnsubscribe");
  const url = fields.has("url") ? parseUnsubscribeUrl(fields) : undefined;
  const mailto = fields.has("mailto") ? parseMailto(fields, issues) : undefined;
  const oneClick = fields.flag("oneClick", false);
  if (!fields.has("url") && !fields.has("mailto")) fields.refuse("url", "is missing: give `url`, `mailto` or both");
  else if (oneClick && !url?.startsWith("https:")) fields.refuse("oneClick", "needs an https `url` (RFC 8058)");
  fields.refuseOthers();
  return { ...(url !== undefined && { url }), ...(mailto !== undefined && { mailto }), oneClick };
}

function parseUnsubscribeUrl(fields: Fields<ListUnsubscribeInput>): string | undefined {
  const written = fields.raw("url");
  try {
    // As the parser writes it, which leaves no space, bracket or line break.
    const { protocol, href } = new URL(typeof written === "string" && !hasLineBreakOrNul(written) ? written : "");
    if (/^https?:$/.test(protocol) && href.length <= MAX_URL_LENGTH) return href;
  } catch {
    // No URL at all: told below.
  }
  fields.refuse("url", `must be an https URL of ${MAX_URL_LENGTH} characters at most`);
  return undefined;
}

/** A bare address, or a `mailto:` URL (RFC 6068), as which it is returned. */
function parseMailto(fields: Fields<ListUnsubscribeInput>, issues: Issue[]): string | undefined {
  const written = fields.raw("mailto");
  if (typeof written === "string" && /^mailto:/i.test(written)) {
    if (written.length <= MAX_URL_LENGTH && MAILTO_TEXT.test(written) && written.includes("@")) return written;
  } else {
    const mailboxes = flattenGroups(parseAddresses(written, fields.pathOf("mailto"), issues));
    if (mailboxes.length === 0) return undefined;
    const [{ address } = { address: "" }] = mailboxes;
    const domain = domainOf(address);
    if (mailboxes.length === 1) return `mailto:${encodeURIComponent(address.slice(0, -domain.length - 1))}@${domain}`;
  }
  fields.refuse("mailto", `must be one address, or a mailto: URL of ${MAX_URL_LENGTH} characters at most`);
  return undefined;
}
