import { toBase64Url } from "../encoding.ts";
import type { Keyring } from "../keys/keyring.ts";
import type { ApiKey } from "../keys/scopes.ts";
import { isSameHash } from "../keys/token.ts";
import { SealedError, type SecretBox } from "../secrets.ts";

/** Somebody who signed in. He may do what his API key may, and nothing else. */
export interface Session {
  readonly key: ApiKey;
  /** Stands in every form of his, so that none of another site is taken for his (CSRF). */
  readonly formToken: string;
}

export interface Sessions {
  /** A cookie for whoever brings an API key; undefined for one that opens nothing. */
  begin(apiKey: string): Promise<string | undefined>;
  /** Whose cookie it is, asked anew with every request: who has lost his key has lost his sessions. */
  read(cookie: string): Promise<Session | undefined>;
}

export interface SessionsOptions {
  readonly keyring: Keyring;
  readonly secretBox: SecretBox;
  readonly clock: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** A working day. */
export const SESSION_MS = 12 * 60 * 60 * 1000;

/** What the cookie is sealed for: nothing else that this server sealed can be sent back as one. */
const PLACE = "console/session";

/**
 * Sessions that are kept in their cookies alone, sealed, so that any server with the same keys knows them. A cookie holds
 * the pass of an API key and not the key: somebody who could open it could not send it to the API.
 */
export function createSessions({ keyring, secretBox, clock, random }: SessionsOptions): Sessions {
  return {
    async begin(apiKey) {
      const pass = await keyring.passFor(apiKey);
      if ((await keyring.recall(pass)) === undefined) return undefined;
      const content: Content = {
        pass,
        formToken: toBase64Url(random(18)),
        endsAt: clock().getTime() + SESSION_MS,
      };
      return secretBox.seal(JSON.stringify(content), PLACE);
    },
    async read(cookie) {
      const content = await open(secretBox, cookie);
      if (content === undefined || content.endsAt <= clock().getTime()) return undefined;
      const key = await keyring.recall(content.pass);
      return key && { key, formToken: content.formToken };
    },
  };
}

/** Whether a form was made for this session. */
export function isFormOf({ formToken }: Session, presented: string): boolean {
  return isSameHash(formToken, presented);
}

interface Content {
  readonly pass: string;
  readonly formToken: string;
  readonly endsAt: number;
}

async function open(secretBox: SecretBox, cookie: string): Promise<Content | undefined> {
  try {
    return JSON.parse(await secretBox.open(cookie, PLACE)) as Content;
  } catch (error) {
    if (error instanceof SealedError) return undefined;
    throw error;
  }
}
