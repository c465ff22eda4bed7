import { MailError } from "../errors.ts";
import { Sha256 } from "../util/sha256.ts";
import { readPem } from "./pem.ts";

/** RFC 8301 section 3.2: shorter keys are broken, and verifiers ignore their signatures. */
const MIN_RSA_BITS = 1024;

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const ED25519 = { name: "Ed25519" };

/** What WebCrypto says of a key; `hash` and `modulusLength` are there for RSA. */
interface RsaKeyAlgorithm {
  readonly name: string;
  readonly hash?: { readonly name: string };
  readonly modulusLength?: number;
}

export interface SigningKey {
  /** The value of `a=`; the key decides. */
  readonly algorithm: "rsa-sha256" | "ed25519-sha256";
  /** The signature over SHA-256 of `data`. */
  sign(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/**
 * A key that can sign, from PEM or WebCrypto.
 * @returns what is wrong, in words, when it cannot.
 */
export function readSigningKey(key: unknown): SigningKey | string {
  if (typeof key === "string") return readPemKey(key);
  if (isCryptoKey(key)) return readCryptoKey(key);
  return "must be a private key: PEM text or a CryptoKey";
}

function readPemKey(text: string): SigningKey | string {
  const pem = readPem(text);
  if (typeof pem === "string") return pem;
  if (pem.modulusLength !== undefined && pem.modulusLength < MIN_RSA_BITS) return tooShort(pem.modulusLength);

  // The key is kept and not the promise of it: on Workers a promise belongs to the request that made it.
  let imported: CryptoKey | undefined;
  return createSigningKey(pem.kind, async () => {
    const algorithm = pem.kind === "rsa" ? RSA : ED25519;
    imported ??= await crypto.subtle.importKey("pkcs8", pem.pkcs8, algorithm, false, ["sign"]);
    return imported;
  });
}

function readCryptoKey(key: CryptoKey): SigningKey | string {
  const { name, hash, modulusLength }: RsaKeyAlgorithm = key.algorithm;
  if (key.type !== "private") return `is a ${key.type} key; only a private one signs`;
  if (!key.usages.includes("sign")) return 'is a CryptoKey without the usage "sign"';
  if (name === ED25519.name) return createSigningKey("ed25519", async () => key);
  if (name !== RSA.name) return `is for ${name}; DKIM signs with ${RSA.name} or ${ED25519.name}`;
  if (hash?.name !== RSA.hash) return `is for ${hash?.name}; DKIM hashes with ${RSA.hash}`;
  if (modulusLength === undefined || modulusLength < MIN_RSA_BITS) return tooShort(modulusLength ?? 0);
  return createSigningKey("rsa", async () => key);
}

function createSigningKey(kind: "rsa" | "ed25519", load: () => Promise<CryptoKey>): SigningKey {
  const sign = async (data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> => {
    if (kind === "rsa") return crypto.subtle.sign(RSA.name, await load(), data);
    // RFC 8463 section 3: Ed25519 signs the digest as if it were the message.
    return crypto.subtle.sign(ED25519.name, await load(), new Sha256().update(data).digest());
  };
  return {
    algorithm: `${kind}-sha256`,
    sign: async (data) => new Uint8Array(await sign(data).catch(explainFailure)),
  };
}

/** Importing waits for the first message, since WebCrypto is asynchronous; a key that fails there fails the send. */
function explainFailure(cause: unknown): never {
  if (cause instanceof Error && cause.name === "NotSupportedError") {
    throw new MailError("unsupported", "This runtime cannot sign with the DKIM key.", { phase: "input", cause });
  }
  throw new MailError("invalid-message", "The DKIM key cannot sign, so the message was not sent.", {
    phase: "input",
    issues: [{ path: "sign", message: "the DKIM private key cannot sign" }],
    cause,
  });
}

function tooShort(bits: number): string {
  return `has ${bits} bits; verifiers ignore RSA keys of fewer than ${MIN_RSA_BITS} (RFC 8301)`;
}

function isCryptoKey(key: unknown): key is CryptoKey {
  return typeof key === "object" && key !== null && "algorithm" in key && "usages" in key && "type" in key;
}
