/** RFC 2045 section 6.7 (5): 76 characters in a line, of which the last is the `=` of a soft line break. */
const LINE_LENGTH = 76;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOT = 0x2e;
const EQUALS = 0x3d;
const HEX = new TextEncoder().encode("0123456789ABCDEF");

/**
 * Quoted-printable (RFC 2045 section 6.7) of a text whose line ends are all CRLF.
 *
 * Beyond what must be encoded: a dot and the F of `From ` at the start of a line, for servers that lose the one and
 * mailboxes that put a `>` before the other, and a space or tab at its end, which relays strip.
 */
export function encodeQuotedPrintable(octets: Uint8Array): Uint8Array {
  // Three for each octet and three for each soft line break, of which a line of 73 or more can need one.
  const encoded = new Uint8Array(octets.length * 3 + Math.ceil((octets.length * 3) / (LINE_LENGTH - 3)) * 3);
  let to = 0;
  let lineStart = 0;
  for (let from = 0; from < octets.length; from++) {
    const octet = octets[from] ?? 0;
    if (octet === CR && octets[from + 1] === LF) {
      encoded[to++] = CR;
      encoded[to++] = LF;
      from++;
      lineStart = to;
      continue;
    }
    const endsLine = isLineEnd(octets, from + 1);
    let literal = isLiteral(octet) || (isBlank(octet) && !endsLine);
    if (to - lineStart + (literal ? 1 : 3) > LINE_LENGTH - (endsLine ? 0 : 1)) {
      encoded[to++] = EQUALS;
      encoded[to++] = CR;
      encoded[to++] = LF;
      lineStart = to;
    }
    if (to === lineStart && (octet === DOT || beginsFromLine(octets, from))) literal = false;
    if (literal) {
      encoded[to++] = octet;
    } else {
      encoded[to++] = EQUALS;
      encoded[to++] = HEX[octet >> 4] ?? 0;
      encoded[to++] = HEX[octet & 15] ?? 0;
    }
  }
  return encoded.subarray(0, to);
}

/** Printable ASCII but `=`. */
function isLiteral(octet: number): boolean {
  return octet > SPACE && octet < 0x7f && octet !== EQUALS;
}

function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB;
}

function isLineEnd(octets: Uint8Array, at: number): boolean {
  return at >= octets.length || (octets[at] === CR && octets[at + 1] === LF);
}

function beginsFromLine(octets: Uint8Array, at: number): boolean {
  return FROM_LINE.every((octet, index) => octets[at + index] === octet);
}

const FROM_LINE = Array.from(new TextEncoder().encode("From "));
