import { isMailError } from "../errors.ts";
import type { Link } from "./link.ts";

/**
 * Lets the caller write down that the message is about to become deliverable. One who cannot stops it: the link ends
 * here, in the middle of the message, which is how a server is told that there is none.
 */
export async function tellFinal(link: Link, ms: number, onFinal: () => Promise<void>): Promise<void> {
  try {
    await link.during(ms, "The caller did not say whether the message may be sent", onFinal());
  } catch (cause) {
    if (link.fault !== undefined) throw link.fault;
    const retryable = isMailError(cause) ? cause.retryable : true;
    throw link.fail("aborted", "The message was stopped before it was sent.", { retryable, cause });
  }
}
