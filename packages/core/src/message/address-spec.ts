import { encodeUtf8 } from "../util/bytes.ts";
import { isAscii, quoteForMessage } from "../util/safe-text.ts";

/** RFC 5321 section 4.5.3.1.1. */
const MAX_LOCAL_OCTETS = 64;
/** RFC 5321 section 4.5.3.1.3: a path of 256 octets, less its angle brackets. */
const MAX_ADDRESS_OCTETS = 254;

const DOT_ATOM = /^[^\0-\x20()<>[\]:;@\\,."\x7f]+(?:\.[^\0-\x20()<>[\]:;@\\,."\x7f]+)*$/;
/**
 * Controls, spaces that are not U+0020, halves of surrogate pairs, and what is not seen or turns the text around; but for
 * the joiners and variation selectors that scripts and emoji need.
 */
const INVISIBLE = /(?! |\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** RFC 2047 section 2, generously: spaces and missing text, too. Asked of short texts only. */
const ENCODED_WORD = /=\?.*\?[bq]\?.*\?=/i;

/** What is wrong with one address of a list. */
export class AddressFault extends Error {}

/** `addr-spec`, written strictly: a local part in quotes only where it needs them, and never case-mapped. */
export function writeAddress(local: string, domain: string): string {
  if (local === "") throw new AddressFault('has nothing before "@"');
  const written = DOT_ATOM.test(local) ? local : quoteWord(local);
  if (octets(written) > MAX_LOCAL_OCTETS) throw new AddressFault(`has more than ${MAX_LOCAL_OCTETS} octets before "@"`);
  if (INVISIBLE.test(local))
    throw new AddressFault(`has a control or invisible character in ${quoteForMessage(local)}`);
  // Allowed in quotes, and in nobody's address: behind a display name, parsers take what stands in angle brackets for the
  // address, and in a group a semicolon for the end of it.
  if (/[<>;]/.test(local)) throw new AddressFault(`has an angle bracket or semicolon in ${quoteForMessage(local)}`);
  // RFC 2047 section 5(3): never in an addr-spec. A reader that decodes it there sees another address than we do.
  if (ENCODED_WORD.test(local)) throw new AddressFault(`has an encoded word in the address ${quoteForMessage(local)}`);
  const address = `${written}@${domain}`;
  if (octets(address) > MAX_ADDRESS_OCTETS) throw new AddressFault(`has more than ${MAX_ADDRESS_OCTETS} octets`);
  return address;
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3), from what stands between the brackets. */
export function writeDomainLiteral(text: string): string {
  const ipv6 = /^ipv6:([0-9a-f:.]+)$/i.exec(text)?.[1];
  try {
    if (ipv6 !== undefined) return `[IPv6:${new URL(`http://[${ipv6}]`).hostname.slice(1)}`;
    if (new URL(`http://${text}`).hostname === text && /^\d+(?:\.\d+){3}$/.test(text)) return `[${text}]`;
  } catch {
    // Not an address: told below.
  }
  throw new AddressFault(
    `has ${quoteForMessage(`[${text}]`)}, which is neither [an IPv4 address] nor [IPv6:an address]`,
  );
}

/** `quoted-string` (RFC 5322 section 3.2.4). */
export function quoteWord(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function octets(text: string): number {
  return isAscii(text) ? text.length : encodeUtf8(text).length;
}
