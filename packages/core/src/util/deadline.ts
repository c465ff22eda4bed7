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
 * Works for at most `ms`, and no longer than `signal` lets it. Settles even when the work does not: `tooLate` then gets
 * what it makes after all.
 *
 * @param failure Makes the error, of a time that is over or a caller who gave up.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  failure: (expired: boolean) => Error,
  tooLate: (value: T) => void = () => {},
): Promise<T> {
  const deadline = startDeadline(ms, signal);
  let gaveUp = false;
  try {
    return await new Promise<T>((resolve, reject) => {
      const giveUp = () => {
        gaveUp = true;
        reject(failure(deadline.expired));
      };
      if (deadline.signal.aborted) return giveUp();
      deadline.signal.addEventListener("abort", giveUp);
      work(deadline.signal).then((value) => (gaveUp ? tooLate(value) : resolve(value)), reject);
    });
  } finally {
    deadline.end();
  }
}

/**
 * One time limit, started again and again: for each reply of a session, say. Starting is cheap, since a timer that runs
 * already is left alone and looks at the clock when it goes off.
 */
export class Watchdog {
  readonly #expire: () => void;
  #expiresAt = Number.POSITIVE_INFINITY;
  #goesOffAt = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(expire: () => void) {
    this.#expire = expire;
  }

  start(ms: number): void {
    this.#expiresAt = performance.now() + ms;
    if (this.#expiresAt < this.#goesOffAt) this.#setTimer(ms);
  }

  stop(): void {
    this.#expiresAt = Number.POSITIVE_INFINITY;
  }

  /** Stops for good. */
  end(): void {
    this.stop();
    clearTimeout(this.#timer);
  }

  #setTimer(ms: number): void {
    clearTimeout(this.#timer);
    this.#goesOffAt = performance.now() + ms;
    this.#timer = startHousekeeping(() => this.#goOff(), ms);
  }

  #goOff(): void {
    this.#goesOffAt = Number.POSITIVE_INFINITY;
    const leftMs = this.#expiresAt - performance.now();
    if (leftMs === Number.POSITIVE_INFINITY) return;
    if (leftMs > 0) {
      this.#setTimer(leftMs);
    } else {
      this.stop();
      this.#expire();
    }
  }
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
