import { encodeUtf8 } from "../util/bytes.ts";
import { LINE_LENGTH, refuseLineBreaks, structuredField } from "./header.ts";

export type Parameter = readonly [attribute: string, value: string];

/** What needs no quotes for any reader; a `token` may have more (RFC 2045 section 5.1), of which Python refuses a `*`. */
const TOKEN = /^[\w+.-]+$/;
/** Without `"` and `\`, whose escapes many readers get wrong, and without spaces at the ends, which they trim. */
const QUOTABLE = /^(?! )[ !#-[\]-~]*(?<! )$/;
/** RFC 2231 section 7, `attribute-char`. */
const ATTRIBUTE_CHARACTER = /[\w!#$&+.^`{|}~-]/;
/** So that `name="…";` fits on a line. */
const MAX_FALLBACK_LENGTH = 60;

/** `Content-Type: text/plain; charset=utf-8` and its like (RFC 2045 section 5.1, RFC 2231). */
export function parameterizedField(name: string, value: string, parameters: readonly Parameter[]): string {
  const tokens = [value];
  for (const [attribute, text] of parameters) {
    refuseLineBreaks(name, text);
    tokens.push(...parameterTokens(attribute, text));
  }
  return structuredField(
    name,
    tokens.map((token, index) => (index < tokens.length - 1 ? `${token};` : token)),
  );
}

/**
 * A file name in ASCII, short enough for one line and with its extension: for `name` in Content-Type, which readers that
 * know no RFC 2231 fall back to. `filename` in Content-Disposition is always the true one. A fullwidth slash in it is a
 * slash in ASCII, and so a path: here there is none.
 *
 * Each field so holds one form of the name. Both forms in one field are a duplicate parameter to strict readers (Python's
 * `email`); encoded words inside the quotes of `name`, the usual favour for Outlook 2003, are forbidden (RFC 2047 section
 * 5(3)) and show as gibberish elsewhere. Gmail, Outlook, Apple Mail, Thunderbird and the parsers prefer `filename`.
 */
export function asciiFallback(fileName: string): string {
  const ascii = fileName
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^ -~]|["\\/]|=(?=\?)|^[. ]+$/gu, "_")
    .trim();
  if (ascii.length <= MAX_FALLBACK_LENGTH) return ascii;
  const extension = /\.\w{1,16}$/.exec(ascii)?.[0] ?? "";
  return ascii.slice(0, MAX_FALLBACK_LENGTH - extension.length) + extension;
}

/**
 * One token where plain ASCII does on one line, else RFC 2231 with its charset, continued over as many as it takes. A
 * boundary stays as it is: readers look for it as it stands, and its 70 characters fit on any line.
 */
function parameterTokens(attribute: string, value: string): string[] {
  const plain = TOKEN.test(value) ? `${attribute}=${value}` : `${attribute}="${value}"`;
  if (attribute === "boundary") return [plain];
  if (QUOTABLE.test(value) && !value.includes("=?") && fits(plain)) return [plain];
  const characters = Array.from(value, percentEncode);
  const whole = `${attribute}*=utf-8''${characters.join("")}`;
  return fits(whole) ? [whole] : continuations(attribute, characters);
}

/** A segment ends between two characters: never inside one, nor inside a `%XX`. Spaces are `%20`, so none is trimmed. */
function continuations(attribute: string, characters: readonly string[]): string[] {
  const segments: string[] = [];
  let segment = `${attribute}*0*=utf-8''`;
  for (const character of characters) {
    if (!fits(segment + character)) {
      segments.push(segment);
      segment = `${attribute}*${segments.length}*=`;
    }
    segment += character;
  }
  return [...segments, segment];
}

/** With a space before it and a semicolon behind. */
function fits(token: string): boolean {
  return token.length <= LINE_LENGTH - 2;
}

function percentEncode(character: string): string {
  if (ATTRIBUTE_CHARACTER.test(character)) return character;
  return Array.from(encodeUtf8(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
