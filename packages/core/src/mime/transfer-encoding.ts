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
const PIECE_LENGTH = 64 * 1024;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** Printable US-ASCII, tabs and line ends: what most texts are made of, and then no other question is asked of them. */
const NOT_PLAIN = /[^\t\r\n -~]/;
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** Text with its line ends repaired, in the cheapest encoding that brings it there unchanged. */
export function encodeText(text: string, form: BodyForm): EncodedText {
  const lines = repairLineEnds(text);
  const isPlain = !NOT_PLAIN.test(lines);
  const isSafe = (isPlain || !CONTROL.test(lines)) && !hasUnsafeLine(lines);
  if (isPlain && isSafe) return { encoding: "7bit", content: lines };
  const octets = encodeUtf8(lines);
  if (isSafe && form !== "7bit") return { encoding: "8bit", content: octets };
  return isMostlyLiteral(octets)
    ? { encoding: "quoted-printable", content: encodeQuotedPrintable(octets) }
    : { encoding: "base64", content: encodeBase64(octets) };
}

/** In pieces, since what a pattern has found is listed before it is replaced: ten million line ends took seconds (bench scale). */
function repairLineEnds(text: string): string {
  let repaired = "";
  for (let from = 0; from < text.length; ) {
    // Never between CR and LF.
    const to = from + PIECE_LENGTH + (text[from + PIECE_LENGTH] === "\n" ? 1 : 0);
    repaired += text.slice(from, to).replace(/\r\n|\r|\n/g, "\r\n");
    from = to;
  }
  return repaired;
}

/**
 * True when a line does not arrive unchanged as it is, though a server would take it: `From ` at its start (mailboxes put
 * a `>` before it), white space at its end (relays strip it), more octets than a line may have, and what looks like a
 * boundary of ours. A dot at the start is safe: doubling it is as old as SMTP.
 *
 * Line by line, since one pattern for all of it looks at every character in every way (bench mime-small).
 */
function hasUnsafeLine(lines: string): boolean {
  for (let start = 0, end = 0; start <= lines.length; start = end + 2) {
    end = lines.indexOf("\r\n", start);
    if (end === -1) end = lines.length;
    if (lines.startsWith("From ", start) || lines.startsWith("--=_", start) || isLong(lines, start, end)) return true;
    const last = end > start ? lines.charCodeAt(end - 1) : 0;
    if (last === SPACE || last === TAB) return true;
  }
  return false;
}

/** A character has three octets at the most. */
function isLong(lines: string, start: number, end: number): boolean {
  return end - start > MAX_LINE_OCTETS / 3 && encodeUtf8(lines.slice(start, end)).length > MAX_LINE_OCTETS;
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
