/** RFC 1035 section 2.3.4. */
const MAX_LABEL_OCTETS = 63;
/** RFC 5321 section 4.5.3.1.2. */
const MAX_DOMAIN_OCTETS = 255;

/** Letters, digits and hyphens, dots between: what every resolver and every mail server reads the same way. */
const HOST_NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
/** `URL` reads a name whose last label is a number as an IPv4 address: `1.2.3.4`, `0x7f.1`, `127.1`. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/**
 * A host name as its lower-case A-label form, or `undefined` when it is none.
 *
 * Internationalised names go through UTS-46, non-transitional, which every runtime has inside `URL`. Only letters,
 * digits, hyphens, dots and characters outside ASCII get as far as `URL`: it would decode `%2e`, drop tabs and read
 * `a:b@c/d` as user, host and path. What comes out is checked again, since fullwidth and ideographic characters may
 * turn into digits or dots.
 */
export function toAsciiDomain(name: string): string | undefined {
  if (name.length > MAX_DOMAIN_OCTETS || !/^[a-z0-9.\-\u0080-\uffff]+$/i.test(name)) return undefined;
  const lower = name.toLowerCase();
  // Lower-casing outside ASCII is left to UTS-46: U+0130 and U+212A have mappings of their own.
  const ascii = /[^\0-\x7f]|xn--/i.test(name) ? mapByUts46(name) : lower;
  if (ascii === undefined || ascii.length > MAX_DOMAIN_OCTETS || ENDS_IN_NUMBER.test(ascii)) return undefined;
  if (!HOST_NAME.test(ascii) || ascii.split(".").some((label) => label.length > MAX_LABEL_OCTETS)) return undefined;
  return ascii;
}

function mapByUts46(name: string): string | undefined {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return undefined;
  }
}
