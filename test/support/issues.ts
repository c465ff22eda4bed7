import type { Issue } from "@edgepost/core";
import { isMailError } from "@edgepost/core";

/** The issues of a call that must refuse its input with `invalid-message`, before anything else happened. */
export function issuesOf(call: () => unknown): readonly Issue[] {
  try {
    call();
  } catch (error) {
    if (!isMailError(error)) throw error;
    if (error.code !== "invalid-message" || error.phase !== "input" || error.retryable) throw error;
    return error.issues ?? [];
  }
  throw new Error("nothing was refused");
}
