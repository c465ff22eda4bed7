import type { Courier } from "./courier.ts";
import type { QueueEngine } from "./engine.ts";
import { createLane, type Lane } from "./lane.ts";
import { LEASE_MS } from "./limits.ts";

/** How often the outbox is looked into: for what becomes due by itself, and for what nobody announced. */
const TICK_MS = 1_000;

/** The engine in the process, and what its tests need to go through time by themselves. */
export interface EmbeddedQueue extends QueueEngine {
  /** Looks into the outbox once, and wakes what has something due. */
  tick(): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/**
 * Delivers in this process, by looking into the outbox: for a server of its own, with no other service. Each connection has
 * a lane, and none waits for another.
 *
 * @param clock Default: the system clock.
 *
 * @example
 * const store = await sqliteStore("edgepost.db");
 * const server = createServer({ transport: nodeTransport, store, encryptionKeys: [key], outbox: embeddedQueue() });
 * await server.recover();
 * server.start();
 */
export function embeddedQueue(clock: () => Date = () => new Date()): EmbeddedQueue {
  const lanes = new Map<string, Lane>();
  let courier: Courier | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let renewedAt = 0;
  let isClosed = false;

  function wake(connection: string): void {
    if (courier === undefined || isClosed) return;
    const lane = lanes.get(connection) ?? createLane(courier, connection, clock);
    lanes.set(connection, lane);
    lane.wake();
  }

  async function tick(): Promise<void> {
    if (courier === undefined) return;
    const now = clock().getTime();
    // Before others' leases are looked at, so that a leap of the clock does not make ours look abandoned.
    if (Math.abs(now - renewedAt) >= LEASE_MS / 4) {
      await courier.renew();
      renewedAt = now;
    }
    for (const { connection, dueAt } of await courier.sweep()) if (dueAt <= now) wake(connection);
  }

  function tickOn(): void {
    if (isClosed) return;
    timer = setTimeout(() => tick().then(tickOn, tickOn), TICK_MS);
    timer.unref?.();
  }

  async function idle(): Promise<void> {
    for (const lane of lanes.values()) await lane.idle();
  }

  return {
    start(started) {
      courier = started;
      void tick().then(tickOn, tickOn);
    },
    async announce(messages) {
      const now = clock().getTime();
      for (const { connection, dueAt } of messages) if (dueAt <= now) wake(connection);
    },
    tick,
    idle,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      for (const lane of lanes.values()) lane.stop();
      await idle();
    },
  };
}
