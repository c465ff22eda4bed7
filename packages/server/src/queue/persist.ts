const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** A disk is given room, or a database is back, within this; or nobody is there who could do it. */
const PATIENCE_MS = 10 * 60 * 1000;

/**
 * Writes down what happened, however often it takes. A message was accepted by its mail server, and that is known here and
 * nowhere else: while a disk is full, or a database away, it is remembered until it can be written.
 */
export async function persist<Result>(write: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + PATIENCE_MS;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    try {
      return await write();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
