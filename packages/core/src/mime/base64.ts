import { concatBytes } from "../util/bytes.ts";
import type { ChunkEncoder } from "./segment.ts";

/** 57 octets become the 76 characters of a full line (RFC 2045 section 6.8). */
const LINE_OCTETS = 57;
const LINE_LENGTH = 76;
/** Lines encoded at a time: 64 KiB of them stay in the processor's cache. */
const BLOCK_LINES = 840;

const CRLF = 0x0d0a;

/** Base64 in lines, of everything at once. The last line has no CRLF: it belongs to the boundary behind it. */
export function encodeBase64(octets: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(base64Length(octets.length));
  writeBase64Lines(octets, encoded);
  return encoded;
}

export function base64Length(octets: number): number {
  return Math.ceil(octets / 3) * 4 + lineBreaks(octets) * 2;
}

/** The same of chunks. A full line is written when something follows it; until then it may be the last. */
export function createBase64Encoder(): ChunkEncoder {
  let rest: Uint8Array = new Uint8Array(0);
  return {
    push(chunk) {
      const octets = rest.length === 0 ? chunk : concatBytes([rest, chunk]);
      const lines = lineBreaks(octets.length);
      const encoded = new Uint8Array(lines * (LINE_LENGTH + 2));
      writeBase64Lines(octets.subarray(0, lines * LINE_OCTETS), encoded);
      if (lines > 0) new DataView(encoded.buffer).setUint16(encoded.length - 2, CRLF);
      // A copy, since the chunk is its owner's, who may fill it again.
      rest = octets.slice(lines * LINE_OCTETS);
      return encoded;
    },
    end: () => encodeBase64(rest),
  };
}

/**
 * A block is encoded behind the place of its line ends, then moved forward line by line to make room for them. Four
 * characters at a time: for 76 of them that is faster than a call of `copyWithin`.
 */
export function writeBase64Lines(octets: Uint8Array, target: Uint8Array): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  let to = 0;
  for (let at = 0; at < octets.length; at += BLOCK_LINES * LINE_OCTETS) {
    const breaks = Math.min(BLOCK_LINES, lineBreaks(octets.length - at));
    let from = to + breaks * 2;
    writeBase64(octets.subarray(at, at + BLOCK_LINES * LINE_OCTETS), target.subarray(from));
    for (let line = 0; line < breaks; line++) {
      const end = to + LINE_LENGTH;
      for (; to < end; to += 4, from += 4) view.setUint32(to, view.getUint32(from, true), true);
      view.setUint16(to, CRLF);
      to += 2;
    }
  }
}

/** Between two lines, not behind the last. */
function lineBreaks(octets: number): number {
  return Math.max(0, Math.ceil(octets / LINE_OCTETS) - 1);
}

/** V8 14, Firefox 133, Safari 18.2 and what is built on them. About five times as fast as the table. */
const toBase64 = (Uint8Array.prototype as { toBase64?: (this: Uint8Array) => string }).toBase64;

const writeBase64 = toBase64 === undefined ? writeByTable : writeNatively;

const ascii = new TextEncoder();

function writeNatively(octets: Uint8Array, target: Uint8Array): void {
  ascii.encodeInto(toBase64?.call(octets) ?? "", target);
}

const ALPHABET = ascii.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

function writeByTable(octets: Uint8Array, target: Uint8Array): void {
  let to = 0;
  for (let from = 0; from < octets.length; from += 3) {
    const group = ((octets[from] ?? 0) << 16) | ((octets[from + 1] ?? 0) << 8) | (octets[from + 2] ?? 0);
    target[to++] = ALPHABET[group >> 18] ?? 0;
    target[to++] = ALPHABET[(group >> 12) & 63] ?? 0;
    target[to++] = ALPHABET[(group >> 6) & 63] ?? 0;
    target[to++] = ALPHABET[group & 63] ?? 0;
  }
  const missing = (3 - (octets.length % 3)) % 3;
  target.fill(PADDING, to - missing, to);
}
