import { isMailError, type ParsedConnection } from "@edgepost/core";
import { isConnectionFault } from "../messages/recipients.ts";
import type { OutboxStore } from "../store/outbox.ts";
import type { QueueLimits } from "./limits.ts";

/** How fast a connection may be used. */
export interface PaceSettings {
  readonly rate?: ParsedConnection["pool"]["rate"];
  /** Messages a day, by UTC. */
  readonly dailyQuota?: number | undefined;
}

export interface Paces {
  /** Takes a place for one message: 0, or when to ask again. */
  takePlace(connection: string, settings: PaceSettings): Promise<number>;
  /** Learns how a connection served: one that fails again and again is left alone for a while. */
  note(connection: string, error: unknown): Promise<void>;
}

/**
 * Keeps each connection to its rate and its quota, and lets one rest that fails. Pauses and quotas are kept in the store,
 * for every process and over restarts; a rate is that of each process.
 */
export function createPaces(outbox: OutboxStore, limits: QueueLimits, clock: () => Date): Paces {
  const faults = new Map<string, number>();
  const windows = new Map<string, number[]>();

  return {
    async takePlace(connection, { rate, dailyQuota }) {
      const now = clock().getTime();
      const { pausedUntil } = await outbox.pace(connection);
      if (pausedUntil !== null && pausedUntil > now) return pausedUntil;
      const starts = windows.get(connection) ?? [];
      windows.set(connection, starts);
      if (rate !== undefined) {
        const oldest = starts.length < rate.messages ? undefined : starts[0];
        if (oldest !== undefined && oldest + rate.perMs > now) return oldest + rate.perMs;
        starts.push(now);
        if (starts.length > rate.messages) starts.shift();
      }
      if (dailyQuota === undefined) return 0;
      const day = Math.floor(now / DAY_MS);
      return (await outbox.countMessage(connection, day, dailyQuota)) ? 0 : (day + 1) * DAY_MS;
    },

    async note(connection, error) {
      const now = clock().getTime();
      const { pausedUntil } = await outbox.pace(connection);
      if (!isConnectionFault(error)) {
        faults.delete(connection);
        if (pausedUntil !== null) await outbox.pause(connection, null, "It served again.", now);
        return;
      }
      const count = (faults.get(connection) ?? 0) + 1;
      faults.set(connection, count);
      // Those that were under way when it was paused tell nothing new.
      if (count < limits.faultsToPause || (pausedUntil !== null && pausedUntil > now)) return;
      const pauses = count - limits.faultsToPause;
      const pauseMs = Math.min(limits.longestPauseMs, limits.firstPauseMs * 2 ** pauses);
      const reason = isMailError(error) ? `${error.code}: ${error.message}` : String(error);
      await outbox.pause(connection, now + pauseMs, reason, now);
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;
