import { isAscii } from "./safe-text.ts";

/** RFC 5321 section 4.5.3.1.2; what is longer is not even mapped. */
const MAX_OCTETS = 255;

/** Letters, digits and inner hyphens (RFC 1123 section 2.1), 63 to a label, dots between. */
const HOST_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** `URL` and resolvers read a name whose last label is a number as an IPv4 address: `1.2.3.4`, `0x7f.1`, `127.1`. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/**
 * A host name as its lower-case A-label form, or `undefined` when it is none.
 *
 * Internationalised names go through UTS-46, non-transitional, which every runtime has inside `URL`. Only letters,
 * digits, hyphens, dots and characters outside ASCII get as far as that: `URL` would decode `%2e`, drop tabs and read
 * `a:b@c/d` as user, host and path. What comes out is checked again, since fullwidth and ideographic characters may
 * turn into digits or dots. Names in ASCII do not go there: runtimes disagree on A-labels that decode to nothing.
 */
export function toAsciiDomain(name: string): string | undefined {
  if (name.length > MAX_OCTETS || !/^[a-z0-9.\-\u0080-\uffff]+$/i.test(name)) return undefined;
  const domain = isAscii(name) ? name.toLowerCase() : mapByUts46(name);
  return domain.length <= MAX_OCTETS && HOST_NAME.test(domain) && !ENDS_IN_NUMBER.test(domain) ? domain : undefined;
}

function mapByUts46(name: string): string {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return "";
  }
}
