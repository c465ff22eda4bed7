import type { Services } from "../context.ts";
import type { OutboxStore } from "../store/outbox.ts";
import { judgeAttempt } from "./attempt.ts";
import { LEASE_MS, type QueueLimits } from "./limits.ts";

/** Taken over at once: a process has few messages under way when it dies. */
const AT_ONCE = 100;

export interface Abandoned {
  /** Who takes over. */
  readonly holder: string;
  /** Leases that ended before this are nobody's. */
  readonly endedBefore: number;
}

/**
 * Says what became of messages whose process is gone. Where nothing was begun they wait again; an open attempt is made
 * again; and where the final dot may have left, nobody can know.
 */
export async function settleAbandoned(
  { store, clock }: Pick<Services, "store" | "clock">,
  limits: QueueLimits,
  { holder, endedBefore }: Abandoned,
): Promise<void> {
  const { outbox } = store;
  for (;;) {
    const now = clock().getTime();
    const abandoned = await outbox.takeOver({ endedBefore, until: now + LEASE_MS, holder, limit: AT_ONCE });
    if (abandoned.length === 0) return;
    await Promise.all(abandoned.map((one) => settleOne(outbox, one, limits, now)));
  }
}

async function settleOne(
  outbox: OutboxStore,
  { lease, message, stage }: Awaited<ReturnType<OutboxStore["takeOver"]>>[number],
  limits: QueueLimits,
  now: number,
): Promise<void> {
  if (stage !== "opened" && stage !== "final") return outbox.release([lease]);
  const outcome = judgeAttempt({ message, ending: { stage }, limits, now, random: Math.random });
  await outbox.settle(lease, { message: outcome, at: now, keepsIdempotency: true, isInterruption: true });
}
