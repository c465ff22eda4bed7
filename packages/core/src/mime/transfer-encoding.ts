import type { BodyForm } from "../outgoing.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { encodeBase64 } from "./base64.ts";
import { encodeQuotedPrintable } from "./quoted-printable.ts";

/** RFC 2045 section 6.1. */
export type TransferEncoding = "7bit" | "8bit" | "binary" | "quoted-printable" | "base64";

export interface EncodedText {
  readonly encoding: TransferEncoding;
  readonly content: string | Uint8Array;
}

/** RFC 5322 section 2.1.1, without the CRLF. */
const MAX_LINE_OCTETS = 998;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;

/**
 * What does not arrive unchanged when it travels as it is, though a server would take it: control characters, `From ` at
 * the start of a line (mailboxes put a `>` before it), white space at its end (relays strip it), and a line that looks
 * like a boundary of ours. A dot at the start is safe: doubling it is as old as SMTP.
 */
const UNSAFE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|^From |^--=_|[\t ]$/m;

/** Text with its line ends repaired, in the cheapest encoding that brings it there unchanged. */
export function encodeText(text: string, form: BodyForm): EncodedText {
  const lines = text.replace(/\r\n|\r|\n/g, "\r\n");
  const octets = encodeUtf8(lines);
  // One octet for each character there is only in ASCII.
  const isAscii = octets.length === lines.length;
  const isSafe = !UNSAFE.test(lines) && !hasLongLine(octets);
  if (isSafe && isAscii) return { encoding: "7bit", content: lines };
  if (isSafe && form !== "7bit") return { encoding: "8bit", content: octets };
  return isMostlyLiteral(octets)
    ? { encoding: "quoted-printable", content: encodeQuotedPrintable(octets) }
    : { encoding: "base64", content: encodeBase64(octets) };
}

function hasLongLine(octets: Uint8Array): boolean {
  let start = 0;
  for (let lf = octets.indexOf(LF); lf !== -1; lf = octets.indexOf(LF, start)) {
    if (lf - 1 - start > MAX_LINE_OCTETS) return true;
    start = lf + 1;
  }
  return octets.length - start > MAX_LINE_OCTETS;
}

/** Quoted-printable writes three octets for an escaped one, base64 four for any three: they are even at one in six. */
function isMostlyLiteral(octets: Uint8Array): boolean {
  let escaped = 0;
  for (let index = 0; index < octets.length; index++) {
    const octet = octets[index] ?? 0;
    if (octet > 0x7e || octet === EQUALS || (octet < SPACE && octet !== TAB && octet !== LF && octet !== CR)) escaped++;
  }
  return escaped * 6 <= octets.length;
}
