import type { LeasedMessage } from "../store/outbox.ts";
import type { Courier, Round } from "./courier.ts";

/** The messages of one connection: some at once, the longest due first. No lane waits for another. */
export interface Lane {
  /** There may be something due. */
  wake(): void;
  /** Begins nothing more. */
  stop(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Leased ahead of their turn, so that one write leases many. Their bodies stay in the store until then. */
const LEASE_AHEAD = 50;
/** How long a lane rests after an error of the store. */
const REST_MS = 1_000;

export function createLane(courier: Courier, connection: string, clock: () => Date): Lane {
  const leased: LeasedMessage[] = [];
  const working = new Set<Promise<void>>();
  let round: Round | undefined;
  let places = 1;
  let leasing: Promise<void> | undefined;
  let restsUntil = 0;
  let isStopped = false;

  function wake(): void {
    if (isStopped || isResting() || working.size >= places) return;
    const worker = work().finally(() => working.delete(worker));
    working.add(worker);
  }

  /** Carries one message after the other, until none is left that is due. */
  async function work(): Promise<void> {
    try {
      for (let next = await take(); next !== undefined; next = await take()) {
        if (leased.length > 0) wake();
        restUntil(await next.round.carry(next.message));
      }
    } catch {
      // What was leased becomes due again when its lease ends.
      restUntil(clock().getTime() + REST_MS);
    }
    if (working.size === 1) await end();
  }

  async function take(): Promise<{ readonly round: Round; readonly message: LeasedMessage } | undefined> {
    if (isStopped || isResting()) return undefined;
    if (leased.length === 0) {
      leasing ??= lease().finally(() => {
        leasing = undefined;
      });
      await leasing;
    }
    const message = leased.shift();
    return round === undefined || message === undefined ? undefined : { round, message };
  }

  /** With each lease the connection is looked up anew: it may have been changed. */
  async function lease(): Promise<void> {
    const next = courier.serve(connection);
    const messages = await next.lease(LEASE_AHEAD);
    if (messages.length === 0) return;
    const before = round;
    round = next;
    leased.push(...messages);
    places = await next.places();
    await before?.close();
  }

  /** Whatever was leased and not begun may be begun by others. */
  async function end(): Promise<void> {
    const left = leased.splice(0).map((message) => message.lease);
    const last = round;
    round = undefined;
    try {
      if (left.length > 0) await last?.release(left);
      await last?.close();
    } catch {
      // Their leases end by themselves.
    }
  }

  function isResting(): boolean {
    return clock().getTime() < restsUntil;
  }

  function restUntil(time: number): void {
    if (time <= restsUntil) return;
    restsUntil = time;
    const timer = setTimeout(wake, time - clock().getTime());
    timer.unref?.();
  }

  return {
    wake,
    stop() {
      isStopped = true;
    },
    async idle() {
      while (working.size > 0) await Promise.all(working);
    },
  };
}
