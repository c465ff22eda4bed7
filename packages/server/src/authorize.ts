import { RequestProblem } from "./problem.ts";

/** What a key may do. */
export const SCOPES = ["messages:send", "connections:use", "connections:inline"] as const;

export type Scope = (typeof SCOPES)[number];

/** A bearer key as the operator writes it down. Its token is hashed at once and not kept. */
export interface ApiKeyConfig {
  /** Stands in logs; not secret. */
  readonly name: string;
  /** At least 32 characters, from a random source: `openssl rand -base64 32`. */
  readonly token: string;
  /** Default: all. */
  readonly scopes?: readonly Scope[] | undefined;
  /** The stored connections it may use. Default: all. */
  readonly connections?: readonly string[] | undefined;
}

/** Who a request comes from. */
export interface ApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly connections: readonly string[] | undefined;
}

export interface Keyring {
  /** @throws RequestProblem `unauthorized`. */
  authenticate(request: Request): Promise<ApiKey>;
}

/** Shorter tokens can be guessed by a patient stranger. The characters are those a header can carry (RFC 6750 section 2.1). */
export const TOKEN_FORM = /^[\w.~+/-]{32,256}=*$/;

/** The keys of a server, as keyed hashes. Which one matches takes the same time to find out, and so does that none does. */
export function createKeyring(configs: readonly ApiKeyConfig[]): Keyring {
  for (const { name, token } of configs) {
    if (!TOKEN_FORM.test(token)) {
      throw new TypeError(`The token of the API key "${name}" needs 32 to 256 letters, digits or -._~+/ characters.`);
    }
  }
  const hash = createTokenHash();
  const entries = Promise.all(configs.map(async (config) => ({ key: toKey(config), hash: await hash(config.token) })));

  return {
    async authenticate(request) {
      const presented = await hash(readBearer(request.headers));
      let found: ApiKey | undefined;
      for (const entry of await entries) if (isEqual(entry.hash, presented)) found = entry.key;
      if (found === undefined) throw unauthorized("The API key is not known.", ', error="invalid_token"');
      return found;
    },
  };
}

/** @throws RequestProblem `forbidden`, naming the scope (RFC 6750 section 3.1). */
export function requireScope(key: ApiKey, scope: Scope): void {
  if (key.scopes.includes(scope)) return;
  throw new RequestProblem("forbidden", `This API key lacks the scope ${scope}.`, {
    headers: { "www-authenticate": `Bearer realm="edgepost", error="insufficient_scope", scope="${scope}"` },
  });
}

function toKey({ name, scopes = SCOPES, connections }: ApiKeyConfig): ApiKey {
  return { name, scopes, connections };
}

function readBearer(headers: Headers): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw unauthorized("Send your API key as `Authorization: Bearer …`.");
  return token;
}

function unauthorized(detail: string, parameters = ""): RequestProblem {
  return new RequestProblem("unauthorized", detail, {
    headers: { "www-authenticate": `Bearer realm="edgepost"${parameters}` },
  });
}

/** HMAC-SHA-256 under a key of this process: a digest tells nothing, and comparing digests tells nothing either. */
function createTokenHash(): (token: string) => Promise<Uint8Array> {
  const secret = crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return async (token) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", (await secret) as CryptoKey, new TextEncoder().encode(token)));
}

/** Reads every octet whatever the first one says. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index++) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}
