import type { BodyForm } from "../outgoing.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { isAscii } from "../util/safe-text.ts";
import { encodeBase64Lines } from "./base64.ts";
import { encodeQuotedPrintable } from "./quoted-printable.ts";

/** RFC 2045 section 6.1. */
export type TransferEncoding = "7bit" | "8bit" | "binary" | "quoted-printable" | "base64";

export interface EncodedText {
  readonly encoding: TransferEncoding;
  readonly content: string | Uint8Array;
}

/** RFC 5322 section 2.1.1, without the CRLF. */
const MAX_LINE_OCTETS = 998;
const LF = 0x0a;

/**
 * What does not arrive unchanged when it travels as it is, though a server would take it: control characters, `From ` at
 * the start of a line (mailboxes put a `>` before it), white space at its end (relays strip it), a line that looks like
 * a boundary of ours, and one that is too long. A dot at the start is safe: doubling it is as old as SMTP.
 */
const UNSAFE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|^From |^--=_|[\t ]$|^.{999}/m;

/** Text with its line ends repaired, in the cheapest encoding that brings it there unchanged. */
export function encodeText(text: string, form: BodyForm): EncodedText {
  const lines = text.replace(/\r\n|\r|\n/g, "\r\n");
  const isSafe = !UNSAFE.test(lines);
  if (isSafe && isAscii(lines)) return { encoding: "7bit", content: lines };
  const octets = encodeUtf8(lines);
  if (isSafe && form !== "7bit" && !hasLongLine(octets)) return { encoding: "8bit", content: octets };
  return isMostlyLiteral(octets)
    ? { encoding: "quoted-printable", content: encodeQuotedPrintable(octets) }
    : { encoding: "base64", content: encodeBase64Lines(octets) };
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
  for (const octet of octets) if (octet > 0x7e || octet === 0x3d) escaped++;
  return escaped * 6 <= octets.length;
}
