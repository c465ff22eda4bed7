/** The caller's signal and a time limit in one signal. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time was over before the caller gave up. */
  readonly expired: boolean;
  /** Stops the clock. Every deadline is ended, or its timer would outlive the work. */
  end(): void;
}

/** Aborts after `ms`, or when `signal` does, with the caller's reason. */
export function startDeadline(ms: number, signal: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, ms);
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort);

  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

/**
 * A timer for housekeeping, which is no reason for a process to stay: Node, Deno and Bun offer `unref` on what
 * `setTimeout` returns, browsers and Workers return a number.
 */
export function startHousekeeping(task: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: unknown = setTimeout(task, ms);
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
  return timer as ReturnType<typeof setTimeout>;
}
