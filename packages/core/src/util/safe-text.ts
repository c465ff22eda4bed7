/**
 * The characters that end a header line or an SMTP command, or cut a C string short. Nothing that reaches a header, an
 * address, a file name or a command may hold one: that is every header and command injection there is.
 */
const LINE_BREAK_OR_NUL = /[\r\n\0]/;

/** True for text with a CR, LF or NUL. */
export function hasLineBreakOrNul(text: string): boolean {
  return LINE_BREAK_OR_NUL.test(text);
}

/** True for text of US-ASCII alone. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** Half a surrogate pair is not a character and has no UTF-8: it becomes U+FFFD, as `TextEncoder` would make it. */
export function replaceLoneSurrogates(text: string): string {
  return text.toWellFormed();
}

/** Text of an input for a message to a human: in quotes, without line breaks, and not longer than a line. */
export function quoteForMessage(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
