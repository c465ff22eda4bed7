import { toBase64Url, toHex } from "../encoding.ts";

/**
 * A stored key's token: `ep_<id>_<secret>`. The prefix lets scanners of leaked secrets know it, the id names its row, and
 * the secret is 256 random bits, of which only a keyed hash is kept.
 */
export interface Token {
  readonly id: string;
  readonly text: string;
}

export function createToken(random: (bytes: number) => Uint8Array): Token {
  const id = toHex(random(8));
  return { id, text: `ep_${id}_${toBase64Url(random(32))}` };
}

/** The id inside a token; `undefined` when it has another form. */
export function idOf(token: string): string | undefined {
  return /^ep_([0-9a-f]{16})_[\w-]{43}$/.exec(token)?.[1];
}

/**
 * Tokens the operator writes down. Shorter ones can be guessed by a patient stranger; the characters are those a header
 * can carry (RFC 6750 section 2.1).
 */
export const TOKEN_FORM = /^[\w.~+/-]{32,256}=*$/;

export type TokenHash = (token: string) => Promise<string>;

/** HMAC-SHA-256 in hex: without the key, a stolen hash cannot even be used to try a guess. */
export async function createTokenHash(key: Uint8Array<ArrayBuffer>): Promise<TokenHash> {
  const secret = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return async (token) =>
    toHex(new Uint8Array(await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(token))));
}

/** Looks at every character, whatever the first one says. */
export function isSameHash(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index % right.length);
  }
  return difference === 0;
}
