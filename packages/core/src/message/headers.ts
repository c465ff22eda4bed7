import type { Issue } from "../errors.ts";
import { entriesOf, joinPath } from "../util/fields.ts";
import { hasLineBreakOrNul, replaceLoneSurrogates } from "../util/safe-text.ts";
import type { Header } from "./message.ts";

/** So that `Name: ` leaves room on a line of 78 characters (RFC 5322 section 2.1.1). */
const MAX_NAME_LENGTH = 76;
/** UTF-16 units. Servers cap the whole header section, many at 64 KiB: one value may take half of that. */
const MAX_VALUE_LENGTH = 32 * 1024;
/** Far over any message in the wild, whose headers are fewer than a hundred. */
const MAX_HEADERS = 1000;

/** `ftext` (RFC 5322 section 3.6.8): printable US-ASCII without the colon. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/;

/** What writes a header that nobody may write beside it, in words for the one who tried; `undefined` for all others. */
export type StructuralRule = (lowerCaseName: string) => string | undefined;

/**
 * Checks additional headers, given as a record or a map, or not at all. An array writes its header once per value; a
 * value of `undefined` writes none.
 */
export function parseHeaders(input: unknown, path: string, structural: StructuralRule, issues: Issue[]): Header[] {
  if (input === undefined) return [];
  const entries = entriesOf(input);
  if (entries === undefined) {
    issues.push({ path, message: "must be an object or a Map of header names and values" });
    return [];
  }
  const headers: Header[] = [];
  for (const [name, given] of entries) {
    const at = joinPath(path, name);
    const nameFault = faultOfName(name, structural);
    if (nameFault !== undefined) issues.push({ path: at, message: nameFault });
    for (const [index, value] of valuesOf(given).entries()) {
      const valueFault = faultOfValue(value);
      if (valueFault !== undefined)
        issues.push({ path: Array.isArray(given) ? `${at}[${index}]` : at, message: valueFault });
      else headers.push({ name, value: replaceLoneSurrogates(String(value)) });
    }
    if (headers.length + issues.length > MAX_HEADERS) {
      issues.push({ path, message: `must not be more than ${MAX_HEADERS} headers` });
      break;
    }
  }
  return headers;
}

function valuesOf(given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given.slice(0, MAX_HEADERS + 1);
  return given === undefined ? [] : [given];
}

function faultOfName(name: string, structural: StructuralRule): string | undefined {
  if (!FIELD_NAME.test(name)) {
    return "is not a header name: printable US-ASCII without spaces and colon (RFC 5322)";
  }
  if (name.length > MAX_NAME_LENGTH) return `must not be longer than ${MAX_NAME_LENGTH} characters`;
  const writer = structural(name.toLowerCase());
  return writer === undefined ? undefined : `cannot be set here: ${writer}`;
}

/** What keeps a text from being the value of a header, or `undefined` when nothing does. */
export function faultOfValue(value: unknown): string | undefined {
  if (typeof value !== "string") return "must be a string";
  if (hasLineBreakOrNul(value)) return "must not contain a line break or NUL";
  if (value.length > MAX_VALUE_LENGTH) return `must not be longer than ${MAX_VALUE_LENGTH} characters`;
  return undefined;
}

/** Headers that a message has a field for, or that are not the sender's to write. */
export const messageHeaderRule: StructuralRule = (name) => {
  if (Object.hasOwn(FIELDS_OF_HEADERS, name)) return `use the field \`${FIELDS_OF_HEADERS[name]}\``;
  if (name.startsWith("content-") || name === "mime-version") return "it is written with the parts of the message";
  if (name.startsWith("resent-")) return "a message that is sent again goes as `raw`";
  if (name === "dkim-signature") return "signing is the option `sign` of the mailer";
  if (name === "received") return "it is written by servers";
  return undefined;
};

/** The same for one part of a message. */
export const partHeaderRule: StructuralRule = (name) => {
  if (name === "content-type") return "use the field `contentType`";
  if (name === "content-id") return "use the field `contentId`";
  if (name === "content-disposition") return "use the fields `disposition` and `filename`";
  if (name === "content-transfer-encoding" || name === "mime-version") return "it is written with the part";
  return name.startsWith("content-") || messageHeaderRule(name) === undefined ? undefined : "it belongs to the message";
};

const FIELDS_OF_HEADERS: Readonly<Record<string, string>> = {
  from: "from",
  sender: "sender",
  "reply-to": "replyTo",
  to: "to",
  cc: "cc",
  bcc: "bcc",
  subject: "subject",
  date: "date",
  "message-id": "messageId",
  "in-reply-to": "inReplyTo",
  references: "references",
  "list-unsubscribe": "listUnsubscribe",
  "list-unsubscribe-post": "listUnsubscribe.oneClick",
  "return-path": "envelope.from",
};
