import { fromBase64, toBase64Url } from "../encoding.ts";
import { RequestProblem } from "../http/problem.ts";
import type { SecretBox } from "../secrets.ts";
import type { KeyRecord, Store } from "../store/store.ts";
import { type ApiKey, SCOPES, type Scope } from "./scopes.ts";
import { createToken, createTokenHash, idOf, isSameHash, TOKEN_FORM, type TokenHash } from "./token.ts";

/** A bearer key as the operator writes it down. Its token is hashed at once and not kept. */
export interface ApiKeyConfig {
  /** Stands in logs; not secret. */
  readonly name: string;
  /** 32 to 256 characters from a random source: `openssl rand -hex 32`. */
  readonly token: string;
  /** Default: all. */
  readonly scopes?: readonly Scope[] | undefined;
  /** The stored connections it may use. Default: all. */
  readonly connections?: readonly string[] | undefined;
}

/** A key to be made. */
export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly connections: readonly string[] | null;
  readonly expiresAt: number | null;
}

/** Every key that opens this server: those of its configuration, and those in its store. */
export interface Keyring {
  /** @throws RequestProblem `unauthorized`: no key, none that is known, or one whose time is over. */
  authenticate(request: Request): Promise<ApiKey>;
  /** What stands for a token where that shall not be kept itself, known or not: its id and its keyed hash. */
  passFor(token: string): Promise<string>;
  /** The key of a pass. Undefined when there is none, any more or ever, or its time is over. */
  recall(pass: string): Promise<ApiKey | undefined>;
  /** Makes a key. The token is in the result and nowhere else: it cannot be shown again. */
  create(key: NewKey): Promise<{ readonly record: KeyRecord; readonly token: string }>;
  /** @throws SealedError when this server has not the encryption key of the store: then it knows none of its API keys. */
  check(): Promise<void>;
  /** Seals the key of the hashes with the current key of the operator. */
  rotate(): Promise<void>;
}

export interface KeyringOptions {
  readonly configured: readonly ApiKeyConfig[];
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly clock: () => Date;
  readonly random: Random;
}

/** @throws TypeError for a configured token that is too weak. */
export function createKeyring({ configured, store, secretBox, clock, random }: KeyringOptions): Keyring {
  for (const { name, token } of configured) {
    if (!TOKEN_FORM.test(token)) {
      throw new TypeError(`The token of the API key "${name}" needs 32 to 256 letters, digits or -._~+/ characters.`);
    }
  }
  let opened: { readonly hash: TokenHash; readonly entries: readonly Entry[] } | undefined;

  /**
   * On first use, because a store cannot be asked while a server is made. Kept when it is there, not while it is coming:
   * at the edge a promise belongs to the request that made it, and ends with it.
   */
  async function open() {
    if (opened !== undefined) return opened;
    const hash = await createTokenHash(await readHashKey(store, secretBox, random));
    opened = { hash, entries: await Promise.all(configured.map((config) => toEntry(config, hash))) };
    return opened;
  }

  async function passFor(token: string): Promise<string> {
    const { hash } = await open();
    return `${idOf(token) ?? ""}.${await hash(token)}`;
  }

  async function recall(pass: string): Promise<ApiKey | undefined> {
    const { entries } = await open();
    const [id = "", presented = ""] = pass.split(".");
    const record = id === "" ? undefined : await store.keys.find(id);
    if (record !== undefined && isSameHash(record.hash, presented) && !isExpired(record, clock())) return record;
    let found: ApiKey | undefined;
    for (const entry of entries) if (isSameHash(entry.hash, presented)) found = entry.key;
    return found;
  }

  return {
    async authenticate(request) {
      const key = await recall(await passFor(readBearer(request.headers)));
      if (key === undefined) throw unauthorized("The API key is not known, or its time is over.", "invalid_token");
      return key;
    },
    passFor,
    recall,
    async create(key) {
      const { hash } = await open();
      const { id, text } = createToken(random);
      const record: KeyRecord = { ...key, id, hash: await hash(text), createdAt: clock().getTime() };
      await store.keys.insert(record);
      return { record, token: text };
    },
    async check() {
      await open();
    },
    async rotate() {
      const sealed = await readSealedHashKey(store, secretBox, random);
      if (!(await secretBox.isOutdated(sealed))) return;
      const key = await secretBox.open(sealed, HASH_KEY_PLACE);
      await store.settings.replace(HASH_KEY, await secretBox.seal(key, HASH_KEY_PLACE));
    },
  };
}

interface Entry {
  readonly hash: string;
  readonly key: ApiKey;
}

async function toEntry({ name, token, scopes = SCOPES, connections }: ApiKeyConfig, hash: TokenHash): Promise<Entry> {
  const key = { id: name, name, scopes, connections: connections ?? null, expiresAt: null };
  return { hash: await hash(token), key };
}

/** Where the key of the hashes is kept, sealed: made once, the same for every server on this store. */
const HASH_KEY = "token-hash-key";
const HASH_KEY_PLACE = `settings/${HASH_KEY}`;

type Random = (bytes: number) => Uint8Array;

async function readSealedHashKey(store: Store, secretBox: SecretBox, random: Random): Promise<string> {
  return store.settings.keep(HASH_KEY, await secretBox.seal(toBase64Url(random(32)), HASH_KEY_PLACE));
}

async function readHashKey(store: Store, secretBox: SecretBox, random: Random): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = await readSealedHashKey(store, secretBox, random);
  const key = fromBase64(await secretBox.open(sealed, HASH_KEY_PLACE));
  if (key?.length !== 32) throw new Error("The key of the token hashes is damaged.");
  return key;
}

function isExpired({ expiresAt }: KeyRecord, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now.getTime();
}

function readBearer(headers: Headers): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw unauthorized("Send your API key as `Authorization: Bearer …`.");
  return token;
}

function unauthorized(detail: string, error?: string): RequestProblem {
  const challenge = `Bearer realm="edgepost"${error === undefined ? "" : `, error="${error}"`}`;
  return new RequestProblem("unauthorized", detail, { headers: { "www-authenticate": challenge } });
}
