const utf8 = new TextEncoder();

/** The one way from text to bytes: never `charCodeAt & 255`, which makes CR LF out of U+760D U+760A (CVE-2025-7962). */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(text);
}

export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const [first, second] = pieces;
  if (first !== undefined && second === undefined) return first;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Two lower-case digits for each octet. */
export function toHex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += (byte + 0x100).toString(16).slice(1);
  return digits;
}

/** True when an octet is not US-ASCII. */
export function hasEightBit(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if ((bytes[index] ?? 0) > 0x7f) return true;
  return false;
}
