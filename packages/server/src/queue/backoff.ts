import type { QueueLimits } from "./limits.ts";

/**
 * How long to wait before the next attempt: doubled each time, up to a limit, and up to a half shorter by chance, so that
 * what failed together does not come back together.
 */
export function backoffMs(
  attempts: number,
  { firstDelayMs, longestDelayMs }: Pick<QueueLimits, "firstDelayMs" | "longestDelayMs">,
  random: () => number,
): number {
  const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempts - 1));
  return Math.ceil(longest * (1 - random() / 2));
}
