import type { Issue } from "../errors.ts";
import { inputError } from "../errors.ts";
import { toAsciiDomain } from "../util/domain.ts";
import { hasLineBreakOrNul, isAscii, quoteForMessage, replaceLoneSurrogates } from "../util/safe-text.ts";
import { AddressScanner } from "./address-scanner.ts";
import { describe, readFields } from "./fields.ts";
import type { AddressInput } from "./input.ts";
import type { Address, Mailbox } from "./message.ts";

/** RFC 5321 section 4.5.3.1.1. */
const MAX_LOCAL_OCTETS = 64;
/** RFC 5321 section 4.5.3.1.3: a path of 256 octets holds the address and its angle brackets. */
const MAX_ADDRESS_OCTETS = 254;
/** In one field, nested arrays counted too: far over any server's limit per message, and little memory. */
const MAX_ADDRESSES = 10_000;
/** One string of addresses: that many of an ordinary length. Anything longer is refused before it is read. */
const MAX_TEXT_LENGTH = 512 * 1024;
/** Arrays in arrays: people write two, a cycle writes infinitely many. */
const MAX_NESTING = 16;
/** Faults told of one field: enough to repair a list by, and no megabytes of them. */
const MAX_FAULTS = 100;

/** The everyday address, which needs no scanner: short, ASCII, nothing quoted, an ordinary domain. */
const PLAIN_ADDRESS = /^[\w+-]+(?:\.[\w+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/;
const DOT_ATOM = /^[^\0-\x20()<>[\]:;@\\,."\x7f]+(?:\.[^\0-\x20()<>[\]:;@\\,."\x7f]+)*$/;
/** Names that need no quotes: words of US-ASCII `atext`, one space between. */
const PLAIN_NAME = /^[\w!#$%&'*+/?^`{|}~-]+(?: [\w!#$%&'*+/?^`{|}~-]+)*$/;
/** Controls, spaces other than U+0020, halves of surrogate pairs, and what turns the direction of text. */
const INVISIBLE =
  /[\p{Cc}\p{Cs}\u00a0\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f\u2060\u2066-\u2069\u3000\ufeff]/u;

/**
 * Reads addresses in any of the forms of {@link AddressInput}: RFC 5322 with its obsolete forms, groups flattened.
 *
 * Domains come back as lower-case A-labels (UTS-46), local parts as they were given. Encoded words are never decoded:
 * in an address they are refused, in a name they are the text somebody typed.
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
  const [mailbox, ...others] = parseAddressList(input);
  if (mailbox === undefined || others.length > 0) {
    const found = mailbox === undefined ? "none" : `${others.length + 1}`;
    throw inputError("invalid-message", [
      { path: "", message: `exactly one address is needed, and there is ${found}` },
    ]);
  }
  return mailbox;
}

/**
 * Writes a mailbox the strict way: `ada@example.com`, `Ada Lovelace <ada@example.com>`, or with its name in quotes where
 * it needs them. For reading by people and by {@link parseAddress}, which gives the mailbox back: a name outside ASCII
 * stays readable, and becomes encoded words (RFC 2047) only in the header of a message.
 *
 * @throws MailError `invalid-message` for anything {@link parseAddress} would not take.
 * @example
 * formatAddress({ name: "Lovelace, Ada", address: "ada@example.com" }); // '"Lovelace, Ada" <ada@example.com>'
 */
export function formatAddress(mailbox: Mailbox): string {
  const { name, address } = parseAddress(mailbox);
  if (name === undefined) return address;
  return `${PLAIN_NAME.test(name) ? name : quote(name)} <${address}>`;
}

/** Reads addresses and keeps their groups. What is wrong goes to `issues`, under `path`. */
export function parseAddresses(input: unknown, path: string, issues: Issue[]): Address[] {
  if (typeof input === "string" && input.length <= MAX_LOCAL_OCTETS && PLAIN_ADDRESS.test(input)) {
    return [{ address: input }];
  }
  const field: Field = { addresses: [], visited: 0, issues, maxIssues: issues.length + MAX_FAULTS };
  collect(input, path, field, 0);
  return field.addresses;
}

/** The mailboxes of a field, those inside groups included. */
export function flattenGroups(addresses: readonly Address[]): Mailbox[] {
  return addresses.flatMap((address) => ("group" in address ? address.members : address));
}

/** One field while it is read. */
interface Field {
  readonly addresses: Address[];
  readonly issues: Issue[];
  readonly maxIssues: number;
  /** Elements seen, arrays included: what bounds the work that a small but cyclic array asks for. */
  visited: number;
}

function collect(input: unknown, path: string, field: Field, depth: number): void {
  if (field.issues.length >= field.maxIssues) return;
  if (++field.visited > MAX_ADDRESSES) {
    if (field.visited === MAX_ADDRESSES + 1) report(field, path, `more than ${MAX_ADDRESSES} addresses`);
    return;
  }
  if (typeof input === "string") collectText(input, path, field);
  else if (Array.isArray(input)) {
    if (depth === MAX_NESTING) return report(field, path, `arrays are nested more than ${MAX_NESTING} deep`);
    for (let index = 0; index < input.length && field.visited <= MAX_ADDRESSES; index++) {
      collect(input[index], `${path}[${index}]`, field, depth + 1);
    }
  } else collectMailbox(input, path, field);
}

function collectMailbox(input: unknown, path: string, field: Field): void {
  const fields = readFields(input, MAILBOX_FIELDS, path, field.issues);
  if (fields === undefined) return;
  const { name, address, email } = fields;
  const key = address === undefined && email !== undefined ? "email" : "address";
  const at = (part: string) => (path === "" ? part : `${path}.${part}`);
  const written = address ?? email;
  if (address !== undefined && email !== undefined)
    report(field, path, '"address" and "email" are two names for one field: give one');
  if (name !== undefined && typeof name !== "string")
    report(field, at("name"), `expected a string, not ${describe(name)}`);
  else if (name !== undefined && hasLineBreakOrNul(name))
    report(field, at("name"), "a line break or NUL is not allowed");
  if (typeof written !== "string") return report(field, at(key), `expected an address, not ${describe(written)}`);

  const alone: Field = { addresses: [], visited: 0, issues: field.issues, maxIssues: field.maxIssues };
  const before = field.issues.length;
  collectText(written, at(key), alone);
  const [mailbox] = alone.addresses;
  if (field.issues.length > before) return;
  if (mailbox === undefined || alone.addresses.length > 1 || !("address" in mailbox) || mailbox.name !== undefined) {
    return report(field, at(key), `expected one bare address, not ${quoteForMessage(written)}`);
  }
  field.addresses.push(named(typeof name === "string" ? name : "", mailbox.address));
}

const MAILBOX_FIELDS = ["name", "address", "email"] as const;

/** `address-list` (RFC 5322 section 3.4), empty elements allowed (section 4.4). A fault costs its element alone. */
function collectText(text: string, path: string, field: Field): void {
  if (text.length > MAX_TEXT_LENGTH) return report(field, path, `longer than ${MAX_TEXT_LENGTH} characters`);
  if (hasLineBreakOrNul(text)) return report(field, path, "a line break or NUL is not allowed in an address");
  const before = field.addresses.length;
  const issuesBefore = field.issues.length;
  const scanner = new AddressScanner(text);
  while (!scanner.is("end") && field.issues.length < field.maxIssues) {
    if (!scanner.take(",")) readAddress(scanner, path, field);
  }
  if (field.addresses.length === before && field.issues.length === issuesBefore)
    report(field, path, "there is no address in it");
}

function readAddress(scanner: AddressScanner, path: string, field: Field): void {
  let close: "," | ";" = ",";
  try {
    const phrase = readPhrase(scanner);
    if (scanner.is(":")) {
      close = ";";
      field.addresses.push(readGroup(scanner, phrase));
    } else field.addresses.push(readMailbox(scanner, phrase));
    if (!scanner.is(",") && !scanner.is("end")) throw unexpected(scanner, "after the address");
    if (++field.visited > MAX_ADDRESSES) throw new AddressFault(`more than ${MAX_ADDRESSES} addresses`);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    report(field, path, error.message);
    while (!scanner.is("end") && !scanner.is(close)) scanner.advance();
    scanner.take(close);
  }
}

/** Words and dots: a display name, the name of a group, or a local part; what follows tells which. */
interface Phrase {
  readonly name: string;
  /** As a local part, or `undefined` when the words cannot be one. */
  readonly local: string | undefined;
}

function readPhrase(scanner: AddressScanner): Phrase {
  let name = "";
  let local = "";
  let wordNext = true;
  let isLocal = true;
  while (scanner.is("atom") || scanner.is("quoted") || scanner.is(".")) {
    const isWord = !scanner.is(".");
    const text = isWord ? scanner.text : ".";
    if (isWord !== wordNext) isLocal = false;
    wordNext = !isWord;
    if (scanner.spaced && name !== "") name += " ";
    name += text;
    local += text;
    scanner.advance();
  }
  return { name, local: isLocal && !wordNext ? local : undefined };
}

/** `name-addr`, or `addr-spec` alone; the phrase before it was read. */
function readMailbox(scanner: AddressScanner, phrase: Phrase): Mailbox {
  if (scanner.is("@")) return { address: readAddressSpec(scanner, phrase) };
  if (!scanner.take("<"))
    throw unexpected(scanner, phrase.name === "" ? "where an address begins" : `after ${quoteForMessage(phrase.name)}`);
  if (scanner.is("@")) skipRoute(scanner);
  const address = readAddressSpec(scanner, readPhrase(scanner));
  if (!scanner.take(">")) throw unexpected(scanner, 'where ">" closes the address');
  return named(phrase.name, address);
}

function readGroup(scanner: AddressScanner, { name }: Phrase): Address {
  if (name === "") throw new AddressFault("a group needs a name before its colon");
  const members: Mailbox[] = [];
  scanner.advance();
  while (!scanner.take(";")) {
    if (scanner.take(",")) continue;
    if (scanner.is("end")) throw new AddressFault(`the group ${quoteForMessage(name)} is not closed by ";"`);
    members.push(readMailbox(scanner, readPhrase(scanner)));
    if (!scanner.is(",") && !scanner.is(";")) throw unexpected(scanner, "after an address of a group");
  }
  return { group: replaceLoneSurrogates(name), members };
}

/** `obs-route` (RFC 5322 section 4.4): hosts to go through, ignored since 1989. */
function skipRoute(scanner: AddressScanner): void {
  while (!scanner.take(":")) {
    if (scanner.take(",")) continue;
    if (!scanner.take("@")) throw unexpected(scanner, "in a route");
    readDomain(scanner);
  }
}

/** `addr-spec` from its `@` on. */
function readAddressSpec(scanner: AddressScanner, { name, local }: Phrase): string {
  if (!scanner.is("@"))
    throw unexpected(scanner, name === "" ? "where an address begins" : `after ${quoteForMessage(name)}`);
  if (local === undefined || local === "") {
    throw new AddressFault(
      name === ""
        ? 'nothing stands before "@"'
        : `${quoteForMessage(name)} before "@" must be one word, or stand in quotes`,
    );
  }
  if (INVISIBLE.test(local)) throw new AddressFault(`${quoteForMessage(local)} holds a control or invisible character`);
  // RFC 2047 section 5(3): never in an addr-spec. Readers that decode it there see another address than we do.
  if (local.includes("=?"))
    throw new AddressFault(`${quoteForMessage(local)}: an encoded word cannot stand in an address`);
  const written = DOT_ATOM.test(local) ? local : quote(local);
  if (octets(written) > MAX_LOCAL_OCTETS) throw new AddressFault(`more than ${MAX_LOCAL_OCTETS} octets before "@"`);
  scanner.advance();
  const address = `${written}@${readDomain(scanner)}`;
  if (octets(address) > MAX_ADDRESS_OCTETS)
    throw new AddressFault(`an address of more than ${MAX_ADDRESS_OCTETS} octets`);
  return address;
}

function readDomain(scanner: AddressScanner): string {
  if (scanner.is("literal")) {
    const literal = readDomainLiteral(scanner.text);
    scanner.advance();
    return literal;
  }
  const { name, local } = readPhrase(scanner);
  const domain = local === undefined ? undefined : toAsciiDomain(local);
  if (domain !== undefined) return domain;
  if (name === "") throw unexpected(scanner, "where a domain begins");
  throw new AddressFault(`${quoteForMessage(name)} is not a domain`);
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3). */
function readDomainLiteral(text: string): string {
  const ipv6 = /^ipv6:([0-9a-f:.]+)$/i.exec(text)?.[1];
  try {
    if (ipv6 !== undefined) return `[IPv6:${new URL(`http://[${ipv6}]`).hostname.slice(1)}`;
    if (/^\d+(?:\.\d+){3}$/.test(text) && new URL(`http://${text}`).hostname === text) return `[${text}]`;
  } catch {
    // Not an address: told below.
  }
  throw new AddressFault(`"[${text.slice(0, 80)}]" is neither [IPv4] nor [IPv6:address]`);
}

function named(name: string, address: string): Mailbox {
  const shown = replaceLoneSurrogates(name).trim();
  return shown === "" ? { address } : { name: shown, address };
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function octets(text: string): number {
  return isAscii(text) ? text.length : new TextEncoder().encode(text).length;
}

function report({ issues }: Field, path: string, message: string): void {
  issues.push({ path, message });
}

function unexpected(scanner: AddressScanner, where: string): AddressFault {
  if (scanner.is("fault")) return new AddressFault(scanner.text);
  if (scanner.is("end")) return new AddressFault(`the text ends ${where}`);
  const found = scanner.text === "" ? scanner.kind : scanner.text;
  const hint = scanner.is(";") ? "; a comma separates addresses" : "";
  return new AddressFault(`${quoteForMessage(found)} is unexpected ${where}${hint}`);
}

/** What is wrong with one address of a list; caught where the list is read. */
class AddressFault extends Error {}
