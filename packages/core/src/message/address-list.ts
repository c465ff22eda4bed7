import { toAsciiDomain } from "../util/domain.ts";
import { quoteForMessage, replaceLoneSurrogates } from "../util/safe-text.ts";
import { AddressScanner } from "./address-scanner.ts";
import { AddressFault, writeAddress, writeDomainLiteral } from "./address-spec.ts";
import type { Address, Mailbox } from "./message.ts";

/**
 * The grammar of RFC 5322 section 3.4 with the obsolete forms of section 4.4: routes, empty list elements, comments and
 * spaces around dots. What is no address by these rules is a fault, and the list goes on behind the next comma: nothing
 * is guessed, because two programs that guess differently send mail to the wrong person.
 *
 * @param text without line breaks: folding is undone, and anything else refused, before.
 */
export function* readAddressList(text: string): Generator<Address | { readonly fault: string }> {
  const scanner = new AddressScanner(text);
  while (!scanner.is("end")) {
    if (!scanner.take(",")) yield readElement(scanner);
  }
}

function readElement(scanner: AddressScanner): Address | { readonly fault: string } {
  let isGroup = false;
  try {
    const phrase = readPhrase(scanner);
    isGroup = scanner.is(":");
    const address = isGroup ? readGroup(scanner, phrase) : readMailbox(scanner, phrase);
    if (!scanner.is(",") && !scanner.is("end")) throw unexpected(scanner, "after the address");
    return address;
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    // The members of a broken group are not addresses of the list.
    const close = isGroup ? ";" : ",";
    while (!scanner.is("end") && !scanner.take(close)) scanner.advance();
    return { fault: error.message };
  }
}

function readGroup(scanner: AddressScanner, { text }: Phrase): Address {
  if (text === "") throw unexpected(scanner, "where an address begins");
  const members: Mailbox[] = [];
  scanner.advance();
  while (!scanner.take(";")) {
    if (scanner.take(",")) continue;
    if (scanner.is("end")) throw new AddressFault(`the group ${quoteForMessage(text)} must end with ";"`);
    members.push(readMailbox(scanner, readPhrase(scanner)));
    if (!scanner.is(",") && !scanner.is(";")) throw unexpected(scanner, "after an address of a group");
  }
  return { group: replaceLoneSurrogates(text), members };
}

/** `name-addr`, or `addr-spec` alone; the phrase before it was read. */
function readMailbox(scanner: AddressScanner, phrase: Phrase): Mailbox {
  if (!scanner.take("<")) return { address: readAddressSpec(scanner, phrase) };
  if (scanner.is("@")) skipRoute(scanner);
  const address = readAddressSpec(scanner, readPhrase(scanner));
  if (!scanner.take(">")) throw unexpected(scanner, 'where ">" must close the address');
  const name = replaceLoneSurrogates(phrase.text).trim();
  return name === "" ? { address } : { name, address };
}

/** `obs-route`: hosts to pass through, which nobody does since RFC 1123. */
function skipRoute(scanner: AddressScanner): void {
  while (!scanner.take(":")) {
    if (scanner.take(",")) continue;
    if (!scanner.take("@")) throw unexpected(scanner, "in a route");
    readDomain(scanner);
  }
}

/** `addr-spec` from its `@` on. */
function readAddressSpec(scanner: AddressScanner, { text, dotted }: Phrase): string {
  if (text === "") throw unexpected(scanner, "where an address begins");
  if (scanner.is("end") || scanner.is(",")) throw new AddressFault(`has ${quoteForMessage(text)}, which has no "@"`);
  if (!scanner.is("@")) throw unexpected(scanner, `after ${quoteForMessage(text)}`);
  if (dotted === undefined) throw new AddressFault(`${quoteForMessage(text)} before "@" must be one word or in quotes`);
  scanner.advance();
  return writeAddress(dotted, readDomain(scanner));
}

function readDomain(scanner: AddressScanner): string {
  if (scanner.is("literal")) {
    const literal = writeDomainLiteral(scanner.text);
    scanner.advance();
    return literal;
  }
  const { text, dotted, isQuoted } = readPhrase(scanner);
  if (text === "") throw unexpected(scanner, "where a domain begins");
  const domain = dotted === undefined || isQuoted ? undefined : toAsciiDomain(dotted);
  if (domain !== undefined) return domain;
  const hint = /^\d+(?:\.\d+){3}$/.test(text) ? `; write an IPv4 address as [${text}]` : "";
  throw new AddressFault(`has ${quoteForMessage(text)}, which is no domain${hint}`);
}

/** Words and dots: a display name, the name of a group, a local part or a domain; what follows tells which. */
interface Phrase {
  /** As a name: a space wherever there was one, or a comment. */
  readonly text: string;
  /** As a local part or domain: words with one dot between, nothing else. `undefined` when they are not that. */
  readonly dotted: string | undefined;
  /** True when a word stood in quotes: fine for all but a domain. */
  readonly isQuoted: boolean;
}

function readPhrase(scanner: AddressScanner): Phrase {
  // Collected and joined, since a string that is added to 100,000 times costs more than its length.
  const words: string[] = [];
  const spaced: string[] = [];
  let isDotted = true;
  let isQuoted = false;
  let expectsWord = true;
  while (scanner.is("atom") || scanner.is("quoted") || scanner.is(".")) {
    const isWord = !scanner.is(".");
    if (isWord !== expectsWord) isDotted = false;
    if (scanner.is("quoted")) isQuoted = true;
    expectsWord = !isWord;
    spaced.push(scanner.spaced && words.length > 0 ? ` ${scanner.text}` : scanner.text);
    words.push(scanner.text);
    scanner.advance();
  }
  return { text: spaced.join(""), dotted: isDotted && !expectsWord ? words.join("") : undefined, isQuoted };
}

function unexpected(scanner: AddressScanner, where: string): AddressFault {
  if (scanner.is("unclosed")) return new AddressFault(`has a ${scanner.text} that is not closed`);
  if (scanner.is("end")) return new AddressFault(`ends ${where}`);
  const hint = scanner.is(";") ? "; addresses are separated by commas" : "";
  return new AddressFault(`has ${quoteForMessage(scanner.text)} ${where}${hint}`);
}
