import { MAX_SEND_MS } from "./connections/connection-form.ts";
import type { Services } from "./context.ts";
import { SCOPES } from "./keys/scopes.ts";
import { DEFAULT_RETENTION_MS } from "./options.ts";
import { settleAbandoned } from "./queue/abandoned.ts";
import { DEFAULT_QUEUE_LIMITS } from "./queue/limits.ts";

/** What the host of a server does from time to time. */
export interface Maintenance {
  /**
   * Before serving: what was being sent was interrupted, unless another process may have the store and has kept its lease.
   * What was not at its end is tried again, the rest becomes `unknown`.
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

/** Says what became of messages whose sender has had his time, or is gone. */
export function settleInterrupted(services: Services, endedBefore: number): Promise<void> {
  const { newId, clock, queue } = services;
  const limits = queue?.limits ?? DEFAULT_QUEUE_LIMITS;
  return settleAbandoned(services, limits, { holder: newId(clock()), endedBefore });
}

export function createMaintenance(services: Services, retentionMs: number = DEFAULT_RETENTION_MS): Maintenance {
  const { store, book, webhooks, keyring, clock } = services;
  return {
    async recover() {
      await keyring.check();
      await settleInterrupted(services, store.isShared ? clock().getTime() : Number.MAX_SAFE_INTEGER);
    },
    async maintain() {
      const now = clock().getTime();
      await settleInterrupted(services, now);
      await store.messages.prune(now - retentionMs);
      await store.suppressions.prune(now);
      await store.webhooks.prune(now - retentionMs);
      await store.alerts.prune(now - retentionMs);
    },
    async bootstrap() {
      if ((await store.keys.list()).length > 0) return undefined;
      const { token } = await keyring.create({ name: "first", scopes: SCOPES, connections: null, expiresAt: null });
      return token;
    },
    async rotateSecrets() {
      await book.rotate();
      await webhooks.book.rotate();
      await keyring.rotate();
    },
  };
}
