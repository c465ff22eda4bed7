import type { Issue } from "../errors.ts";
import { toHex } from "../util/bytes.ts";
import { hasLineBreakOrNul } from "../util/safe-text.ts";

/** One id must fit a line of 998 octets (RFC 5322 section 2.1.1) beside the name of its field: it cannot be folded. */
const MAX_LENGTH = 900;
/** A thread of that many answers is no thread; the field would be longer than any server takes. */
const MAX_IDS = 1000;

/** What may stand between the angle brackets: printable US-ASCII. */
const ID_TEXT = /^[\x21-\x3b\x3d\x3f-\x7e]+$/;

/** A host's name, as the host itself may call it (`my_laptop`), or an address literal. */
const HOST_NAME = /^[\w.:[\]-]{1,255}$/;

/** Octets of randomness: two messages never meet, and nobody guesses the id of a message they have not seen. */
const RANDOM_OCTETS = 16;

/** `<random@domain>` (RFC 5322 section 3.6.4). */
export function createMessageId(random: (bytes: number) => Uint8Array, domain: string): string {
  return `<${randomName(random)}@${domain}>`;
}

/** The right side of our ids: the host name that was given, else the domain of the sender, which was checked. */
export function parseIdDomain(hostname: string | undefined, sender: string, issues: Issue[]): string {
  if (hostname === undefined) return domainOf(sender);
  if (typeof hostname === "string" && HOST_NAME.test(hostname)) return hostname;
  issues.push({ path: "hostname", message: "must be a host name such as mail.example.com" });
  return "";
}

/** What stands behind the last `@`: a quoted local part may hold others. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

/** A name nobody else uses, in hexadecimal. */
export function randomName(random: (bytes: number) => Uint8Array): string {
  return toHex(random(RANDOM_OCTETS));
}

/** Checks an id of our own, with or without its angle brackets: `left@right`. */
export function parseMessageId(input: unknown, path: string, issues: Issue[]): string | undefined {
  const id = typeof input === "string" ? bare(input) : "";
  if (isId(id) && /^[^@]+@[^@]+$/.test(id)) return `<${id}>`;
  issues.push({ path, message: 'must be a message id such as "<1234@example.com>"' });
  return undefined;
}

/**
 * Checks the ids of other messages: a string with one or several, or a list. They were written by any program there is,
 * and are taken as they came as long as a header can hold them, without an `@` too.
 */
export function parseMessageIds(input: unknown, path: string, issues: Issue[]): string[] {
  const ids: string[] = [];
  for (const one of Array.isArray(input) ? input : [input]) {
    const found = typeof one === "string" && !hasLineBreakOrNul(one) ? one.match(/<[^<>]*>|[^ \t<>]+/g) : null;
    if (found === null || !found.every((id) => isId(bare(id)))) {
      issues.push({ path, message: 'must be message ids such as "<1234@example.com>"' });
      return [];
    }
    ids.push(...found.map((id) => `<${bare(id)}>`));
    if (ids.length > MAX_IDS) {
      issues.push({ path, message: `must not hold more than ${MAX_IDS} message ids` });
      return [];
    }
  }
  return ids;
}

function bare(id: string): string {
  return id.startsWith("<") && id.endsWith(">") ? id.slice(1, -1) : id;
}

function isId(id: string): boolean {
  return id.length <= MAX_LENGTH && ID_TEXT.test(id);
}
