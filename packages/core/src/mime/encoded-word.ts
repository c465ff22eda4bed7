import { encodeBase64 } from "../util/base64.ts";
import { encodeUtf8 } from "../util/bytes.ts";

/** RFC 2047 section 2: an encoded word has at most 75 characters, a line with one in it at most 76. */
const MAX_LENGTH = 75;
/** `=?utf-8?Q?` before and `?=` behind. */
const OVERHEAD = 12;
/** Less room than this is not worth an encoded word of its own: the field is folded before it instead. */
const MIN_LENGTH = 32;

/**
 * What a reader sees as one character: a base with its combining marks, variation selectors and skin tones, emoji joined
 * by U+200D, the two letters of a flag.
 */
const CLUSTERS = /(?:\p{Regional_Indicator}{2}|.)(?:[\p{M}\p{Emoji_Modifier}\u200c]|\u200d.)*/gsu;

/** The alphabet of phrases (RFC 2047 section 5(3)) everywhere: what is safe in the strictest place is safe in all. */
const Q_SAFE = new Set(encodeUtf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"));
const SPACE = 0x20;

/**
 * Text as encoded words: B or Q, whichever is shorter, in words that are to be separated by a space or a fold (readers
 * drop it). Each word decodes on its own: a character is never split, a character sequence only when it fills a word.
 *
 * @param firstLength Room for the first word, where it stands behind a field name.
 * @param encoding Q, also where B is shorter.
 */
export function encodeWords(text: string, firstLength = MAX_LENGTH, encoding?: "Q"): string[] {
  const scheme = encoding === "Q" || Q.width(text) <= Math.ceil(B.width(text) / 3) * 4 ? Q : B;
  const whole = scheme.encode(text);
  return whole.length <= firstLength ? [whole] : split(text, scheme, firstLength);
}

function split(text: string, scheme: Scheme, firstLength: number): string[] {
  const words: string[] = [];
  let room = scheme.capacity(firstLength < MIN_LENGTH ? MAX_LENGTH : firstLength);
  let word = "";
  for (const piece of pieces(text, scheme)) {
    const width = scheme.width(piece);
    if (width > room) {
      if (word !== "") words.push(scheme.encode(word));
      room = scheme.capacity(MAX_LENGTH);
      word = "";
    }
    word += piece;
    room -= width;
  }
  words.push(scheme.encode(word));
  return words;
}

interface Scheme {
  /** How much fits into a word of this length, in the unit of `width`. */
  capacity(length: number): number;
  width(text: string): number;
  encode(text: string): string;
}

const Q: Scheme = {
  capacity: (length) => length - OVERHEAD,
  width: qWidth,
  encode: (text) => `=?utf-8?Q?${Array.from(encodeUtf8(text), qCharacter).join("")}?=`,
};

const B: Scheme = {
  capacity: (length) => Math.floor((length - OVERHEAD) / 4) * 3,
  width: (text) => encodeUtf8(text).length,
  encode: (text) => `=?utf-8?B?${encodeBase64(encodeUtf8(text))}?=`,
};

function qWidth(text: string): number {
  let width = 0;
  for (const octet of encodeUtf8(text)) width += octet === SPACE || Q_SAFE.has(octet) ? 1 : 3;
  return width;
}

function qCharacter(octet: number): string {
  if (octet === SPACE) return "_";
  if (Q_SAFE.has(octet)) return String.fromCharCode(octet);
  return `=${octet.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Character sequences where they fit into a word, else their code points. */
function* pieces(text: string, scheme: Scheme): Generator<string> {
  for (const [cluster] of text.matchAll(CLUSTERS)) {
    if (scheme.width(cluster) <= scheme.capacity(MAX_LENGTH)) yield cluster;
    else yield* cluster;
  }
}
