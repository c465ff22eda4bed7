/**
 * Every header field of a message and its parts is written here, so that here nothing can get through: a CR, LF or NUL,
 * a name that is no name, a Bcc, octets outside ASCII where they may not stand, a line no server would take. The door
 * has asked the same questions kindly before; what fails here came around it.
 *
 * Fields are folded at spaces, so that unfolding gives back every character, and come without their final CRLF.
 */
import type { MailError } from "../errors.ts";
import { inputError } from "../errors.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { hasLineBreakOrNul, isAscii } from "../util/safe-text.ts";
import { encodeWords } from "./encoded-word.ts";

/** RFC 5322 section 2.1.1 wishes for 78, RFC 2047 section 2 for 76 where an encoded word stands: one number for all. */
export const LINE_LENGTH = 76;
/** RFC 5322 section 2.1.1; in octets also for internationalised headers (RFC 6532 section 3.4). */
const MAX_LINE_OCTETS = 998;

const FIELD_NAME = /^[!-9;-~]{1,76}$/;
const PRINTABLE_WORD = /^[!-~]+$/;
const BLIND_COPY = /^(?:resent-)?bcc$/i;
const CONTROL = /[\0-\x1f\x7f-\x9f]/;

/** A field of free text (RFC 5322 section 2.2.1): `Subject`, `X-…`. What is not plain ASCII becomes encoded words. */
export function textField(name: string, text: string): string {
  refuseLineBreaks(name, text);
  const tokens = text === "" ? [] : textTokens(text, LINE_LENGTH - name.length - 2);
  // Python 3.11 takes the space of a fold behind the name for the beginning of the text.
  return foldField(name, tokens, "first-stays");
}

/** A field with a grammar of its own, given as tokens between which it may be folded: message ids, media types, URLs. */
export function structuredField(name: string, tokens: readonly string[]): string {
  const field = foldField(name, tokens);
  if (!isAscii(field)) throw refusal(name, "must be ASCII");
  return field;
}

/** For text that is about to be encoded, where the check of the finished field would come too late. */
export function refuseLineBreaks(name: string, text: string): void {
  if (hasLineBreakOrNul(text)) throw refusal(name, "must not contain a line break or NUL");
}

/** Words of plain ASCII as they are; each run of others as encoded words, together with the spaces inside of it. */
function textTokens(text: string, firstLength: number): string[] {
  const words = text.split(" ");
  const tokens: string[] = [];
  let run: string[] = [];
  const endRun = () => {
    if (run.length > 0) tokens.push(...encodeWords(run.join(" "), tokens.length === 0 ? firstLength : undefined));
    run = [];
  };
  for (const [index, word] of words.entries()) {
    // An empty word is a second space, or one at an end: encoded together with its neighbours, or it would be lost.
    if (!isPlain(word) || words[index - 1] === "" || words[index + 1] === "") {
      run.push(word);
    } else {
      endRun();
      tokens.push(word);
    }
  }
  endRun();
  return tokens;
}

/** Text that looks like an encoded word is none, and is encoded to stay what it is. */
function isPlain(word: string): boolean {
  return PRINTABLE_WORD.test(word) && !word.includes("=?") && word.length < MAX_LINE_OCTETS;
}

/**
 * A field of finished tokens, in octets outside ASCII too: only address fields have any, in local parts (RFC 6532).
 * @throws MailError `invalid-message` for a token that no line can hold.
 */
export function foldField(name: string, tokens: readonly string[], first?: "first-stays"): string {
  if (!FIELD_NAME.test(name)) throw refusal(JSON.stringify(name), "is not a header field name");
  if (BLIND_COPY.test(name)) throw refusal(name, "is never written to a message");
  let field = `${name}:`;
  let column = field.length;
  for (const token of tokens) {
    if (CONTROL.test(token)) throw refusal(name, "must not contain a control character");
    if (column + 1 + token.length > LINE_LENGTH) {
      const octets = encodeUtf8(token).length;
      if (octets >= MAX_LINE_OCTETS) throw refusal(name, `has ${octets} octets without a place to fold`);
      // What is too long for any line gains nothing by a fold before it.
      const isKept = column === name.length + 1 && (first === "first-stays" || token.length >= LINE_LENGTH);
      if (!isKept || column + 1 + octets > MAX_LINE_OCTETS) {
        field += "\r\n";
        column = 0;
      }
    }
    field += ` ${token}`;
    column += 1 + token.length;
  }
  return field;
}

export function refusal(name: string, message: string): MailError {
  return inputError("invalid-message", [{ path: name, message }]);
}
