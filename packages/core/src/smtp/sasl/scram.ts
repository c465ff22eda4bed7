import { inputError, MailError } from "../../errors.ts";
import { decodeBase64, encodeBase64 } from "../../util/base64.ts";
import { encodeUtf8 } from "../../util/bytes.ts";
import { quoteForMessage } from "../../util/safe-text.ts";
import { checkCredential, escapeSaslName, type PasswordAuth, unexpectedChallenge } from "./credentials.ts";
import type { Mechanism } from "./mechanism.ts";
import { saslPrep } from "./saslprep.ts";

/** 144 random bits, 24 characters: RFC 5802 asks only that the nonce is never used twice. */
const NONCE_BYTES = 18;

/**
 * RFC 7677 section 4. Fewer make guessing the password from one recorded proof cheap, and nothing else tells an
 * impostor from a careless server.
 */
const MIN_ITERATIONS = 4096;

/** Some tenths of a second of one core; the server sets the count, so without a bound it sets our bill. */
const MAX_ITERATIONS = 1_000_000;

/** "n": this client does not do channel binding, and no authorization identity follows (RFC 5802 section 7). */
const GS2_HEADER = "n,,";

interface ServerFirst {
  readonly nonce: string;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither sends it.
 *
 * C: client-first, S: server-first, C: client-final with our proof, S: server-final with its signature, C: empty.
 */
export function createScram(
  name: "SCRAM-SHA-256" | "SCRAM-SHA-1",
  auth: PasswordAuth,
  random: (bytes: number) => Uint8Array,
): Mechanism {
  const hash = name === "SCRAM-SHA-256" ? "SHA-256" : "SHA-1";
  let clientFirst = "";
  let nonce = "";
  let serverIsVerified = false;
  let isServerSignature: (signature: Bytes) => Promise<boolean> = async () => false;

  function start(): Uint8Array {
    nonce = encodeBase64(random(NONCE_BYTES));
    clientFirst = `n=${escapeSaslName(prepare("username", auth.username))},r=${nonce}`;
    return encodeUtf8(GS2_HEADER + clientFirst);
  }

  async function prove(serverFirst: string): Promise<Uint8Array> {
    const server = parseServerFirst(serverFirst, nonce);
    const clientFinal = `c=${btoa(GS2_HEADER)},r=${server.nonce}`;
    const authMessage = encodeUtf8(`${clientFirst},${serverFirst},${clientFinal}`);

    const saltedPassword = await stretch(hash, encodeUtf8(prepare("password", auth.password)), server);
    const clientKey = await hmac(hash, saltedPassword, encodeUtf8("Client Key"));
    const storedKey = new Uint8Array(await crypto.subtle.digest(hash, clientKey));
    const clientSignature = await hmac(hash, storedKey, authMessage);
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0));

    const serverKey = await importHmacKey(hash, await hmac(hash, saltedPassword, encodeUtf8("Server Key")));
    // The comparison inside `verify` takes constant time.
    isServerSignature = (signature) => crypto.subtle.verify("HMAC", serverKey, signature, authMessage);
    return encodeUtf8(`${clientFinal},p=${encodeBase64(proof)}`);
  }

  async function checkServer(serverFinal: string): Promise<Uint8Array> {
    const signature = decodeBase64(attribute("v", serverFinal.split(",")[0]) ?? "");
    if (signature === undefined || !(await isServerSignature(signature))) {
      throw new MailError("auth-failed", "The server could not prove that it knows the password.", { phase: "auth" });
    }
    serverIsVerified = true;
    return new Uint8Array();
  }

  const steps = [prove, checkServer].values();

  return {
    name,
    start,
    async next(challenge) {
      const step = steps.next().value;
      if (step === undefined) throw unexpectedChallenge(name);
      return step(readChallenge(challenge));
    },
    finish() {
      if (serverIsVerified) return;
      throw new MailError("auth-failed", "The server reported success without proving that it knows the password.", {
        phase: "auth",
      });
    },
  };
}

function prepare(field: "username" | "password", text: string): string {
  const prepared = saslPrep(checkCredential(field, text));
  // No falling back to the raw string: both sides would hash different bytes and the user would look for a typing error.
  if (prepared === undefined || prepared === "") {
    throw inputError("invalid-connection", [
      {
        path: `auth.${field}`,
        message: 'is not a string SCRAM can carry (RFC 4013); change it, or choose with `methods: ["PLAIN"]`',
      },
    ]);
  }
  return prepared;
}

/** The text of a challenge. `e=` is how either server message reports an error (RFC 5802 section 5.1). */
function readChallenge(challenge: Uint8Array): string {
  const text = new TextDecoder().decode(challenge);
  const error = attribute("e", text);
  if (error !== undefined) {
    throw new MailError("auth-failed", `The server ended SCRAM with ${quoteForMessage(error)}.`, { phase: "auth" });
  }
  return text;
}

/** `r=` nonce, `s=` salt, `i=` iterations, in this order; extensions may follow, mandatory ones (`m=`) come first. */
function parseServerFirst(text: string, clientNonce: string): ServerFirst {
  const [first, second, third] = text.split(",");
  const nonce = attribute("r", first);
  const salt = decodeBase64(attribute("s", second) ?? "");
  const count = attribute("i", third);
  if (nonce === undefined || salt === undefined || salt.length === 0 || !/^[1-9]\d{0,9}$/.test(count ?? "")) {
    throw new MailError("protocol-error", "The server's first SCRAM message cannot be read.", { phase: "auth" });
  }
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length || !/^[\x21-\x7e]+$/.test(nonce)) {
    throw new MailError("protocol-error", "The server's SCRAM nonce does not continue ours.", { phase: "auth" });
  }
  const iterations = Number(count);
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw unusableIterations(iterations, `it takes ${MIN_ITERATIONS} to ${MAX_ITERATIONS}`);
  }
  return { nonce, salt, iterations };
}

function attribute(letter: string, field: string | undefined): string | undefined {
  return field?.startsWith(`${letter}=`) ? field.slice(2) : undefined;
}

function unusableIterations(iterations: number, why: string, cause?: unknown): MailError {
  const what = `The server asks for ${iterations} iterations of SCRAM; ${why}. Name other \`methods\` to go around it.`;
  return new MailError("auth-unsupported", what, { phase: "auth", cause });
}

/** "Hi" of RFC 5802 section 2.2, which is PBKDF2 with HMAC. */
async function stretch(hash: string, password: Bytes, { salt, iterations }: ServerFirst): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  try {
    const bits = hash === "SHA-256" ? 256 : 160;
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, key, bits));
  } catch (cause) {
    // Cloudflare stops at 100,000 in production.
    throw unusableIterations(iterations, "this runtime does not compute that many", cause);
  }
}

async function hmac(hash: string, key: Bytes, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await importHmacKey(hash, key), message));
}

function importHmacKey(hash: string, key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign", "verify"]);
}
