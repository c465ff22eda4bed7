import type { Issue } from "../errors.ts";
import { inputError } from "../errors.ts";
import { Fields } from "../util/fields.ts";
import { hasLineBreakOrNul, quoteForMessage, replaceLoneSurrogates } from "../util/safe-text.ts";
import { readAddressList } from "./address-list.ts";
import { quoteWord } from "./address-spec.ts";
import type { AddressInput } from "./input.ts";
import type { Address, Mailbox } from "./message.ts";

/** In one field, arrays counted too: far over any server's limit per message, and an end for arrays in a cycle. */
const MAX_ADDRESSES = 10_000;
/** One string of addresses: that many of an ordinary length. Anything longer is refused before it is read. */
const MAX_TEXT_LENGTH = 512 * 1024;
/** Arrays in arrays: people write two, a cycle writes infinitely many. */
const MAX_NESTING = 16;
/** Faults told of one field: enough to repair a list by, and no megabytes of them. */
const MAX_FAULTS = 100;

/**
 * The everyday address, which needs no scanner: nothing quoted, an ordinary domain, short enough for every limit. A third
 * of the time of a small message otherwise (bench mime-small).
 */
const PLAIN_ADDRESS = /^[\w+-]+(?:\.[\w+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/;
const MAX_PLAIN_LENGTH = 64;
/** Names that need no quotes: words of US-ASCII `atext` without `=`, which begins an encoded word. */
const PLAIN_NAME = /^[\w!#$%&'*+/?^`{|}~-]+(?: [\w!#$%&'*+/?^`{|}~-]+)*$/;

/**
 * Reads addresses in any of the forms of {@link AddressInput}: RFC 5322 with its obsolete forms, groups flattened.
 *
 * Domains come back as lower-case A-labels (UTS-46), local parts as they were given, in quotes only where they need
 * them. Encoded words (RFC 2047) are never decoded: in an address they are refused, and in a name they are the text
 * somebody typed, since what a program passes is text, and only what a header holds is encoded.
 *
 * @throws MailError `invalid-message` with all issues.
 * @example
 * parseAddressList('"Lovelace, Ada" <ada@example.com>, Team: grace@example.com;');
 * // [{ name: "Lovelace, Ada", address: "ada@example.com" }, { address: "grace@example.com" }]
 */
export function parseAddressList(input: AddressInput): Mailbox[] {
  const issues: Issue[] = [];
  const mailboxes = flattenGroups(parseAddresses(input, "", issues));
  if (issues.length > 0) throw inputError("invalid-message", issues);
  return mailboxes;
}

/**
 * Reads exactly one mailbox.
 *
 * @throws MailError `invalid-message` when there is none, more than one, or a fault in it.
 * @example
 * parseAddress("Ada <ada@EXAMPLE.com>"); // { name: "Ada", address: "ada@example.com" }
 */
export function parseAddress(input: AddressInput): Mailbox {
  const mailboxes = parseAddressList(input);
  const [mailbox] = mailboxes;
  if (mailbox === undefined || mailboxes.length > 1) {
    const message = `must be one address, and there are ${mailboxes.length}`;
    throw inputError("invalid-message", [{ path: "", message }]);
  }
  return mailbox;
}

/**
 * Writes a mailbox the strict way: `ada@example.com`, `Ada Lovelace <ada@example.com>`, the name in quotes where it needs
 * them. For reading by people and by {@link parseAddress}, which gives the same mailbox back: a name outside ASCII stays
 * readable, and becomes encoded words (RFC 2047) only in the header of a message.
 *
 * @throws MailError `invalid-message` for anything {@link parseAddress} would not take.
 * @example
 * formatAddress({ name: "Lovelace, Ada", address: "ada@example.com" }); // '"Lovelace, Ada" <ada@example.com>'
 */
export function formatAddress(mailbox: Mailbox): string {
  const { name, address } = parseAddress(mailbox);
  if (name === undefined) return address;
  return `${PLAIN_NAME.test(name) ? name : quoteWord(name)} <${address}>`;
}

/** Reads addresses and keeps their groups. What is wrong goes to `issues`, under `path`. */
export function parseAddresses(input: unknown, path: string, issues: Issue[]): Address[] {
  const plain = plainAddress(input);
  if (plain !== undefined) return [plain];
  const field: Field = { addresses: [], visited: 0, issues, maxIssues: issues.length + MAX_FAULTS };
  collect(input, path, field, 0);
  return field.addresses;
}

/** The mailboxes of a field, those inside groups included. */
export function flattenGroups(addresses: readonly Address[]): Mailbox[] {
  const mailboxes: Mailbox[] = [];
  for (const address of addresses) {
    if ("group" in address) mailboxes.push(...address.members);
    else mailboxes.push(address);
  }
  return mailboxes;
}

/** One field while it is read. */
interface Field {
  readonly addresses: Address[];
  readonly issues: Issue[];
  readonly maxIssues: number;
  /** Addresses and arrays so far: what bounds the work. */
  visited: number;
}

function collect(input: unknown, path: string, field: Field, depth: number): void {
  if (typeof input === "string") collectText(input, path, field);
  else if (!Array.isArray(input)) collectMailbox(input, path, field);
  else if (depth === MAX_NESTING) refuse(field, path, `must not nest arrays more than ${MAX_NESTING} deep`);
  else {
    // By index and not by iteration, so that a hole is an element that is missing.
    for (let index = 0; index < input.length && count(field, path); index++) {
      collect(input[index], `${path}[${index}]`, field, depth + 1);
    }
  }
}

/** False when this field has been read far enough. */
function count(field: Field, path: string): boolean {
  if (++field.visited === MAX_ADDRESSES + 1) refuse(field, path, `must not hold more than ${MAX_ADDRESSES} addresses`);
  return field.visited <= MAX_ADDRESSES && field.issues.length < field.maxIssues;
}

function collectText(text: string, path: string, field: Field): void {
  const plain = plainAddress(text);
  if (plain !== undefined) field.addresses.push(plain);
  else if (text.length > MAX_TEXT_LENGTH) refuse(field, path, `must not be longer than ${MAX_TEXT_LENGTH} characters`);
  else if (hasLineBreakOrNul(text)) refuse(field, path, "must not contain a line break or NUL");
  else {
    let isEmpty = true;
    for (const read of readAddressList(text)) {
      isEmpty = false;
      if ("fault" in read) refuse(field, path, read.fault);
      else field.addresses.push(read);
      if (!count(field, path)) return;
    }
    if (isEmpty) refuse(field, path, "must be an address, and there is none in it");
  }
}

function collectMailbox(input: unknown, path: string, field: Field): void {
  if (typeof input !== "object" || input === null) {
    refuse(field, path, "must be an address: a string, or an object with `address`");
    return;
  }
  const fields = new Fields<{ name?: string; address?: string; email?: string }>(input, path, field.issues);
  const name = fields.raw("name") ?? "";
  if (typeof name !== "string") fields.refuse("name", "must be a string");
  else if (hasLineBreakOrNul(name)) fields.refuse("name", "must not contain a line break or NUL");
  const key = fields.has("email") && !fields.has("address") ? "email" : "address";
  const written = fields.raw(key);
  if (key === "address" && fields.has("email")) fields.refuse("email", "is another name for `address`: give one");
  fields.refuseOthers();

  const address = readBareAddress(written, fields.pathOf(key), field);
  if (address !== undefined && typeof name === "string") field.addresses.push(named(name, address));
}

/** An address with nothing around it: where an object has a name, its address must not bring another. */
function readBareAddress(written: unknown, path: string, field: Field): string | undefined {
  const before = field.issues.length;
  const alone: Field = { ...field, addresses: [] };
  if (typeof written === "string") collectText(written, path, alone);
  else refuse(field, path, written === undefined ? "is missing" : "must be a string");
  if (field.issues.length > before) return undefined;
  const [mailbox] = alone.addresses;
  if (mailbox !== undefined && alone.addresses.length === 1 && !("group" in mailbox) && mailbox.name === undefined) {
    return mailbox.address;
  }
  refuse(field, path, `must be one bare address, and not ${quoteForMessage(String(written))}`);
  return undefined;
}

function named(name: string, address: string): Mailbox {
  const shown = replaceLoneSurrogates(name).trim();
  return shown === "" ? { address } : { name: shown, address };
}

/** `ada@example.com` and `Ada Lovelace <ada@example.com>`; `undefined` for whatever needs a closer look. */
function plainAddress(input: unknown): Mailbox | undefined {
  if (typeof input !== "string" || input.length > MAX_PLAIN_LENGTH * 2) return undefined;
  const bracket = input.endsWith(">") ? input.indexOf(" <") : -1;
  const address = bracket < 0 ? input : input.slice(bracket + 2, -1);
  if (address.length > MAX_PLAIN_LENGTH || !PLAIN_ADDRESS.test(address)) return undefined;
  if (bracket < 0) return { address };
  const name = input.slice(0, bracket);
  return PLAIN_NAME.test(name) ? { name, address } : undefined;
}

function refuse({ issues }: Field, path: string, message: string): void {
  issues.push({ path, message });
}
