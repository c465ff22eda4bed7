import { fromBase64, toBase64Url, toHex } from "./encoding.ts";

/**
 * Secrets at rest: AES-256-GCM by WebCrypto, in an envelope.
 *
 * Every value has a data key of its own, which is itself encrypted under a key of the operator. Both are bound to the
 * place the value is kept in (its row and field, as associated data): a sealed password copied to another connection
 * cannot be opened there, so nobody with write access to the database alone can send it to a server of their own.
 *
 * `v1.<id of the operator's key>.<nonce and wrapped data key>.<nonce and ciphertext>`, each in base64url.
 */
export interface SecretBox {
  seal(value: string, place: string): Promise<string>;
  /** @throws SealedError when the key is gone, the place is another one or a bit was changed. */
  open(sealed: string, place: string): Promise<string>;
  /** True when the value was sealed with an older key than the current one. */
  isOutdated(sealed: string): Promise<boolean>;
}

/** A secret that stays closed. */
export class SealedError extends Error {
  override readonly name = "SealedError";
}

/** Octets of an AES-256 key. */
export const KEY_BYTES = 32;
/** Octets of a GCM nonce (NIST SP 800-38D); random, and each data key is used for one value only. */
const NONCE_BYTES = 12;

/**
 * @throws TypeError for a key that is none.
 * @param keys The operator's keys, 32 octets in base64 each. The first one seals, all of them open: to rotate, put the
 *   new key first, seal everything again, then remove the old one.
 */
export function createSecretBox(keys: readonly string[]): SecretBox {
  const ring = Promise.all(keys.map(decodeKey).map(importKey));

  async function current(): Promise<OperatorKey> {
    const [first] = await ring;
    if (first === undefined) throw new TypeError("A secret box needs a key.");
    return first;
  }

  return {
    async seal(value, place) {
      const { id, key } = await current();
      const dataKey = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
      const wrapped = await encrypt(key, dataKey, `${place}#key`);
      const sealed = await encrypt(await importAes(dataKey), new TextEncoder().encode(value), place);
      return ["v1", id, toBase64Url(wrapped), toBase64Url(sealed)].join(".");
    },
    async open(sealed, place) {
      const [version, id, wrapped = "", ciphertext = ""] = sealed.split(".");
      const operatorKey = (await ring).find((candidate) => candidate.id === id);
      if (version !== "v1" || operatorKey === undefined)
        throw new SealedError("What is stored was sealed with a key that is not here.");
      const dataKey = await decrypt(operatorKey.key, fromBase64(wrapped), `${place}#key`);
      return new TextDecoder().decode(await decrypt(await importAes(dataKey), fromBase64(ciphertext), place));
    },
    async isOutdated(sealed) {
      return sealed.split(".")[1] !== (await current()).id;
    },
  };
}

export function isEncryptionKey(text: string): boolean {
  return fromBase64(text)?.length === KEY_BYTES;
}

/** A new key for {@link createSecretBox}. */
export function generateKey(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

interface OperatorKey {
  /** Names the key without telling anything of it. */
  readonly id: string;
  readonly key: CryptoKey;
}

/** Before anything asynchronous, so that a wrong key stops the start. */
function decodeKey(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(text);
  if (bytes?.length !== KEY_BYTES) throw new TypeError(`An encryption key must be ${KEY_BYTES} octets in base64.`);
  return bytes;
}

async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<OperatorKey> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return { id: toHex(new Uint8Array(digest, 0, 4)), key: await importAes(bytes) };
}

function importAes(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function encrypt(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>, place: string): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const ciphertext = await crypto.subtle.encrypt(parameters(nonce, place), key, bytes);
  const sealed = new Uint8Array(NONCE_BYTES + ciphertext.byteLength);
  sealed.set(nonce);
  sealed.set(new Uint8Array(ciphertext), NONCE_BYTES);
  return sealed;
}

async function decrypt(
  key: CryptoKey,
  sealed: Uint8Array<ArrayBuffer> | undefined,
  place: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const bytes = sealed ?? new Uint8Array();
    const nonce = bytes.subarray(0, NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, place), key, bytes.subarray(NONCE_BYTES)));
  } catch (cause) {
    throw new SealedError("A secret cannot be opened: it was changed, or moved from the place it was sealed for.", {
      cause,
    });
  }
}

function parameters(nonce: Uint8Array<ArrayBuffer>, place: string): AesGcmParams {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(place) };
}
