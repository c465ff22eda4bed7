/** RFC 5322 section 2.1.1: 78 characters without the CRLF. */
const MAX_LINE = 78;

type Tag = readonly [name: string, value: string];

/**
 * Writes the DKIM-Signature field up to its empty `b=`, which is what gets signed; folded between tags and after the
 * colons of `h=` (RFC 6376 section 3.5).
 */
export function writeSignatureField(tags: readonly Tag[]): string {
  return fold("DKIM-Signature:", [...tags.flatMap(breakTag), " b="]);
}

/** Puts the signature behind `b=`. It may be folded after any character: white space inside it means nothing. */
export function appendSignature(field: string, signature: string): string {
  return fold(field, [...signature]);
}

function breakTag([name, value]: Tag): string[] {
  const tag = ` ${name}=${value};`;
  return name === "h" ? tag.split(/(?<=:)/) : [tag];
}

/** Adds words, which bring their own space along; one that does not fit begins a line. */
function fold(start: string, words: readonly string[]): string {
  let folded = start;
  let lineLength = start.length - (start.lastIndexOf("\n") + 1);
  for (const word of words) {
    const fits = lineLength + word.length <= MAX_LINE;
    const text = fits ? word : ` ${word.trimStart()}`;
    folded += fits ? text : `\r\n${text}`;
    lineLength = fits ? lineLength + text.length : text.length;
  }
  return folded;
}
