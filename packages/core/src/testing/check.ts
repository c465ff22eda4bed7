import type { MailError, MailErrorCode } from "../errors.ts";
import { isMailError } from "../errors.ts";

// Assertions for suites that run under any runner: plain errors with a clear text, no library.

export function check(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

/** Compares what JSON can say. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(found === wanted, `${what}\n  expected: ${wanted}\n  received: ${found}`);
}

/** Waits for a failure and returns it, once it is a `MailError` with one of these codes. */
export async function checkFails(work: Promise<unknown>, ...codes: readonly MailErrorCode[]): Promise<MailError> {
  const outcome = await work.then(
    () => ({ failed: false as const }),
    (error: unknown) => ({ failed: true as const, error }),
  );
  const wanted = codes.join(" or ");
  if (!outcome.failed) throw new Error(`It succeeded; expected a MailError with code ${wanted}.`);
  const { error } = outcome;
  if (!isMailError(error))
    throw new Error(`Expected a MailError with code ${wanted}, got: ${String(error)}`, { cause: error });
  check(codes.includes(error.code), `Expected code ${wanted}, got ${error.code}: ${error.message}`);
  check(typeof error.phase === "string" && error.phase.length > 0, "A MailError has a phase.");
  check(typeof error.retryable === "boolean", "A MailError says whether it is retryable.");
  return error;
}
