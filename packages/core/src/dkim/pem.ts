import { decodeBase64 } from "../util/base64.ts";
import { toHex } from "../util/bytes.ts";

/** RFC 7468: the label, and the base64 between the lines. */
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/s;

/** OBJECT IDENTIFIER elements as they stand in DER. */
const RSA_ENCRYPTION = "06092a864886f70d010101";
const ED25519 = "06032b6570";

const DER_INTEGER_ZERO = Uint8Array.of(0x02, 0x01, 0x00);
/** SEQUENCE { rsaEncryption, NULL } */
const DER_RSA_ALGORITHM = Uint8Array.of(0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0);

export interface PemKey {
  readonly kind: "rsa" | "ed25519";
  /** PKCS#8, the only private form WebCrypto imports. */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
  /** Bits of an RSA modulus. */
  readonly modulusLength?: number;
}

/**
 * Reads a private key from PEM: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`), not encrypted.
 * @returns what is wrong, in words, when it is none; never anything of the key itself.
 */
export function readPem(pem: string): PemKey | string {
  const [, label, body = ""] = PEM.exec(pem) ?? [];
  if (pem.includes("\\n")) return "has \\n written out, as shells and .env files do: make them line breaks";
  if (label === undefined) return "is not PEM";
  if (label.startsWith("ENCRYPTED") || body.includes("ENCRYPTED")) return "is encrypted: decrypt it first";
  if (label !== "PRIVATE KEY" && label !== "RSA PRIVATE KEY") {
    return `is "${label}"; what signs is "PRIVATE KEY" (PKCS#8) or "RSA PRIVATE KEY" (PKCS#1)`;
  }
  const der = decodeBase64(body.replaceAll(/\s/g, ""));
  if (der === undefined) return "is PEM with broken base64";
  return readPkcs8(label === "PRIVATE KEY" ? der : wrapPkcs1(der));
}

/** PrivateKeyInfo of RFC 5208: version, algorithm, and the key as an OCTET STRING. */
function readPkcs8(pkcs8: Uint8Array<ArrayBuffer>): PemKey | string {
  const [keyInfo] = elements(pkcs8);
  const [, algorithm, key] = elements(keyInfo);
  const oid = toHex(algorithm ?? new Uint8Array());
  if (key !== undefined && oid.startsWith(ED25519)) return { kind: "ed25519", pkcs8 };
  if (key === undefined || !oid.startsWith(RSA_ENCRYPTION)) return "is neither an RSA nor an Ed25519 key";

  const [rsaPrivateKey] = elements(key);
  const [, modulus] = elements(rsaPrivateKey);
  if (modulus === undefined) return "is an RSA key that cannot be read";
  return { kind: "rsa", pkcs8, modulusLength: bitLength(modulus) };
}

/** RSAPrivateKey of RFC 8017 inside the PrivateKeyInfo that PKCS#8 puts around it. */
function wrapPkcs1(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeElement(0x30, DER_INTEGER_ZERO, DER_RSA_ALGORITHM, encodeElement(0x04, pkcs1));
}

/** The contents of the DER elements inside one, in order. Broken lengths give fewer or shorter ones, never an error. */
function elements(bytes: Uint8Array = new Uint8Array()): Uint8Array[] {
  const contents: Uint8Array[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length > 0x80) {
      const lengthBytes = bytes.subarray(at, at + length - 0x80);
      at += lengthBytes.length;
      length = lengthBytes.reduce((sum, byte) => sum * 256 + byte, 0);
    }
    contents.push(bytes.subarray(at, at + length));
    at += length;
  }
  return contents;
}

function encodeElement(tag: number, ...contents: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  // Two length octets always: RSA keys are longer than 255 octets and shorter than 65,536.
  return Uint8Array.of(tag, 0x82, length >> 8, length & 0xff, ...contents.flatMap((content) => [...content]));
}

function bitLength(integer: Uint8Array): number {
  const first = integer.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (integer.length - first) * 8 - Math.clz32(integer[first] ?? 0) + 24;
}
