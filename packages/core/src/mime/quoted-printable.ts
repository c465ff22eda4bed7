/** RFC 2045 section 6.7 (5): 76 characters in a line, of which the last may be the `=` of a soft line break. */
const LINE_LENGTH = 76;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOT = 0x2e;
const EQUALS = 0x3d;

const ascii = new TextEncoder();
const HEX = ascii.encode("0123456789ABCDEF");
const FROM_LINE = ascii.encode("From ");

/**
 * Quoted-printable (RFC 2045 section 6.7) of a text whose line ends are all CRLF.
 *
 * Beyond what must be encoded: a dot and the F of `From ` at the start of a line, for servers that lose the one and
 * mailboxes that put a `>` before the other, and a space or tab at its end, which relays strip.
 */
export function encodeQuotedPrintable(octets: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(maxLength(octets.length));
  let to = 0;
  for (let start = 0; start < octets.length; ) {
    const end = endOfLine(octets, start);
    let column = 0;
    for (let from = start; from < end; from++) {
      const octet = octets[from] ?? 0;
      const isLast = from === end - 1;
      let isLiteral = isPrintable(octet) || (isBlank(octet) && !isLast);
      if (column + (isLiteral ? 1 : 3) > LINE_LENGTH - (isLast ? 0 : 1)) {
        encoded[to++] = EQUALS;
        encoded[to++] = CR;
        encoded[to++] = LF;
        column = 0;
      }
      if (column === 0 && (octet === DOT || isFromLine(octets, from))) isLiteral = false;
      if (isLiteral) {
        encoded[to++] = octet;
        column++;
      } else {
        encoded[to++] = EQUALS;
        encoded[to++] = HEX[octet >> 4] ?? 0;
        encoded[to++] = HEX[octet & 15] ?? 0;
        column += 3;
      }
    }
    if (end < octets.length) {
      encoded[to++] = CR;
      encoded[to++] = LF;
    }
    start = end + 2;
  }
  return encoded.subarray(0, to);
}

/** Three for every octet, and three for every soft line break, which comes after 73 characters at least. */
function maxLength(octets: number): number {
  return octets * 3 + Math.ceil((octets * 3) / (LINE_LENGTH - 3)) * 3;
}

/** A CR stands only before LF, and the other way round. */
function endOfLine(octets: Uint8Array, start: number): number {
  const end = octets.indexOf(CR, start);
  return end === -1 ? octets.length : end;
}

/** Printable ASCII but `=`. */
function isPrintable(octet: number): boolean {
  return octet > SPACE && octet < 0x7f && octet !== EQUALS;
}

function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB;
}

function isFromLine(octets: Uint8Array, at: number): boolean {
  return FROM_LINE.every((octet, index) => octets[at + index] === octet);
}
