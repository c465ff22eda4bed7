import { RequestProblem } from "../http/problem.ts";
import type { OutboxStore } from "../store/outbox.ts";

/** The bound on what waits. */
export interface Backlog {
  /** @throws RequestProblem `rate-limited` when too many messages wait already. */
  enter(): Promise<void>;
}

/** Counting a hundred thousand rows for each new one would make it slower the more there are. */
const COUNT_EVERY_MS = 1_000;
/** As long as many messages take to go, on most connections. */
const RETRY_AFTER_SECONDS = 60;

/** Counts what waits once a second, and by itself in between: the bound holds to within what others add in a second. */
export function createBacklog(outbox: OutboxStore, maxWaiting: number, clock: () => Date): Backlog {
  let waiting = 0;
  let countedAt = Number.NEGATIVE_INFINITY;

  return {
    async enter() {
      const now = clock().getTime();
      if (Math.abs(now - countedAt) >= COUNT_EVERY_MS) {
        countedAt = now;
        waiting = await outbox.depth(maxWaiting);
      }
      if (waiting >= maxWaiting) throw tooMany(maxWaiting);
      waiting++;
    },
  };
}

function tooMany(maxWaiting: number): RequestProblem {
  const detail = `${maxWaiting} messages wait already. This one was not stored.`;
  return new RequestProblem("rate-limited", detail, { headers: { "retry-after": String(RETRY_AFTER_SECONDS) } });
}
