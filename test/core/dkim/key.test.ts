import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dkimSigner } from "../../../packages/core/src/dkim/sign.ts";
import { RFC_8463_RSA_PEM } from "./keys.ts";
import { signable } from "./signable.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed25519 = generateKeyPairSync("ed25519");

function pem(key: KeyObject, type: "pkcs8" | "pkcs1" = "pkcs8"): string {
  return key.export({ format: "pem", type }).toString();
}

function signer(privateKey: unknown) {
  return dkimSigner({ domain: "example.com", selector: "mail", privateKey: privateKey as string });
}

const message = signable("From: a@example.com\r\n\r\nHello\r\n");

/** What is wrong with a key, as the error of `dkimSigner` tells it. */
function issueOf(privateKey: unknown): string | undefined {
  try {
    signer(privateKey);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid-message", phase: "input", retryable: false });
    const { issues } = error as { issues: { path: string; message: string }[] };
    expect(issues).toMatchObject([{ path: "privateKey" }]);
    return issues[0]?.message;
  }
}

describe("a key that signs", () => {
  it.each([
    ["RSA in PKCS#8", pem(rsa.privateKey), "rsa-sha256"],
    ["RSA in PKCS#1", pem(rsa.privateKey, "pkcs1"), "rsa-sha256"],
    ["RSA of 1024 bits, the least that verifiers take", RFC_8463_RSA_PEM, "rsa-sha256"],
    ["Ed25519", pem(ed25519.privateKey), "ed25519-sha256"],
    ["PEM with CRLF and text around it", `key:\r\n${pem(rsa.privateKey).replaceAll("\n", "\r\n")}\r\n`, "rsa-sha256"],
  ])("may be %s", async (_, privateKey, algorithm) => {
    expect(await signer(privateKey).sign(message)).toContain(`a=${algorithm};`);
  });

  it("may be a CryptoKey", async () => {
    const rsaKey = await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
      false,
      ["sign", "verify"],
    );
    const edKey = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;

    expect(await signer(rsaKey.privateKey).sign(message)).toContain("a=rsa-sha256;");
    expect(await signer(edKey.privateKey).sign(message)).toContain("a=ed25519-sha256;");
  });

  it("signs the same in PKCS#1 and PKCS#8", async () => {
    const [first, second] = await Promise.all([
      signer(pem(rsa.privateKey)).sign(message),
      signer(pem(rsa.privateKey, "pkcs1")).sign(message),
    ]);
    expect(first).toBe(second);
  });
});

describe("a key that does not sign is refused when the signer is made", () => {
  const encrypted = { cipher: "aes-256-cbc", passphrase: "secret" } as const;

  it.each([
    [
      "an encrypted PKCS#8 key",
      rsa.privateKey.export({ format: "pem", type: "pkcs8", ...encrypted }).toString(),
      /encrypted/,
    ],
    [
      "an encrypted PKCS#1 key",
      rsa.privateKey.export({ format: "pem", type: "pkcs1", ...encrypted }).toString(),
      /encrypted/,
    ],
    ["an RSA key of 512 bits", pem(generateKeyPairSync("rsa", { modulusLength: 512 }).privateKey), /512 bits.*1024/],
    ["an RSA key of 1023 bits", pem(generateKeyPairSync("rsa", { modulusLength: 1023 }).privateKey), /1023 bits/],
    ["a public key", rsa.publicKey.export({ format: "pem", type: "spki" }).toString(), /"PUBLIC KEY"/],
    [
      "an elliptic curve key",
      pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
      /neither an RSA nor an Ed25519/,
    ],
    ["an Ed448 key", pem(generateKeyPairSync("ed448").privateKey), /neither an RSA nor an Ed25519/],
    [
      "an RSA-PSS key",
      pem(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey),
      /neither an RSA nor an Ed25519/,
    ],
    ["an OpenSSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", /OPENSSH/],
    ["PEM on one line with \\n written out", pem(rsa.privateKey).replaceAll("\n", "\\n"), /line breaks/],
    ["PEM with broken base64", "-----BEGIN PRIVATE KEY-----\nA*==\n-----END PRIVATE KEY-----", /base64/],
    ["PEM of nothing", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", /neither/],
    ["PEM that ends too soon", pem(rsa.privateKey).slice(0, 200), /not PEM/],
    [
      "RSA that is cut off inside",
      "-----BEGIN RSA PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----",
      /cannot be read/,
    ],
    ["an empty string", "", /not PEM/],
    ["base64 alone", pem(rsa.privateKey).split("\n").slice(1, -2).join(""), /not PEM/],
    ["nothing", undefined, /must be a private key/],
    ["a Node KeyObject", rsa.privateKey, /must be a private key/],
    ["bytes", new Uint8Array(32), /must be a private key/],
  ])("%s", (_, privateKey, issue) => {
    expect(issueOf(privateKey)).toMatch(issue);
  });

  it("a CryptoKey of another kind", async () => {
    const generate = (
      algorithm: string | RsaHashedKeyGenParams | EcKeyGenParams,
      usages: KeyUsage[] = ["sign", "verify"],
    ) => crypto.subtle.generateKey(algorithm, false, usages) as Promise<CryptoKeyPair>;
    const rsaParams = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };

    const sha1 = await generate({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-1", ...rsaParams });
    const pss = await generate({ name: "RSA-PSS", hash: "SHA-256", ...rsaParams });
    const ecdsa = await generate({ name: "ECDSA", namedCurve: "P-256" });
    const ours = await generate("Ed25519");

    expect(issueOf(sha1.privateKey)).toMatch(/SHA-1/);
    expect(issueOf(pss.privateKey)).toMatch(/RSA-PSS/);
    expect(issueOf(ecdsa.privateKey)).toMatch(/ECDSA/);
    expect(issueOf(ours.publicKey)).toMatch(/public key/);
  });

  it("and never shows any of itself", () => {
    const secret = pem(rsa.privateKey).slice(60, 100);

    for (const broken of [pem(rsa.privateKey).slice(0, 200), pem(rsa.privateKey).replace("PRIVATE", "PUBLIC")]) {
      expect(issueOf(broken)).not.toContain(secret);
    }
  });
});

describe("a key that fails only when it is used", () => {
  it("fails the message, which then does not leave unsigned", async () => {
    const broken = pem(rsa.privateKey).split("\n");
    broken.splice(10, 2);

    await expect(signer(broken.join("\n")).sign(message)).rejects.toMatchObject({
      code: "invalid-message",
      retryable: false,
      cause: expect.any(Error),
    });
  });
});
