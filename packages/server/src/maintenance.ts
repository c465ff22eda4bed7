import { MAX_SEND_MS } from "./connections/connection-form.ts";
import type { Services } from "./context.ts";
import { SCOPES } from "./keys/scopes.ts";
import { DEFAULT_RETENTION_MS } from "./options.ts";

/** What the host of a server does from time to time. */
export interface Maintenance {
  /**
   * Before serving, where no other process has the store: whatever is still `sending` was interrupted, and becomes
   * `unknown`.
   * @throws SealedError when the store was made with another encryption key.
   */
  recover(): Promise<void>;
  /** Every hour or so: does the same for messages older than any send, and forgets those whose time is over. */
  maintain(): Promise<void>;
  /** Makes the first key, which may do everything, unless the store has one. Its token is shown here and nowhere else. */
  bootstrap(): Promise<string | undefined>;
  /** Seals everything stored with the first of the encryption keys. After that, the others may go. */
  rotateSecrets(): Promise<void>;
}

/** Longer than one send may take, so that nobody can still be at it. */
export const STALE_MS = MAX_SEND_MS + 5 * 60 * 1000;

export function createMaintenance(services: Services, retentionMs: number = DEFAULT_RETENTION_MS): Maintenance {
  const { store, book, keyring, clock } = services;
  return {
    async recover() {
      await keyring.check();
      await store.messages.interrupt(clock().getTime() + 1);
    },
    async maintain() {
      const now = clock().getTime();
      await store.messages.interrupt(now - STALE_MS);
      await store.messages.prune(now - retentionMs);
    },
    async bootstrap() {
      if ((await store.keys.list()).length > 0) return undefined;
      const { token } = await keyring.create({ name: "first", scopes: SCOPES, connections: null, expiresAt: null });
      return token;
    },
    async rotateSecrets() {
      await book.rotate();
      await keyring.rotate();
    },
  };
}
