import { Queue } from "../util/queue.ts";
import { SignalFollowers } from "../util/signal-followers.ts";

/** Somebody who waits until `dueAt` (by `performance.now()`), or until the signal aborts. */
export interface Waiter {
  readonly dueAt: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits in line, first come first served. Who waits leaves when taken, when its signal aborts, or when it is due; all may
 * wait equally long, so the first in line is due first and one timer is enough for any number.
 */
export class WaitingLine<T extends Waiter> {
  readonly #queue = new Queue<{ readonly waiter: T; unfollow: () => void }>();
  readonly #followers = new SignalFollowers();
  readonly #onLeave: (waiter: T, isDue: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLeave Told of everyone who leaves without being taken. */
  constructor(onLeave: (waiter: T, isDue: boolean) => void) {
    this.#onLeave = onLeave;
  }

  get size(): number {
    return this.#queue.size;
  }

  join(waiter: T): void {
    const place = { waiter, unfollow: () => {} };
    const entry = this.#queue.push(place);
    if (waiter.signal !== undefined) {
      place.unfollow = this.#followers.follow(waiter.signal, () => {
        this.#queue.remove(entry);
        this.#leave(place, false);
      });
    }
    this.#timer ??= this.#startTimer(waiter);
  }

  /** Takes the first in line. */
  take(): T | undefined {
    const place = this.#queue.shift();
    place?.unfollow();
    if (this.#queue.size === 0) this.#stopTimer();
    return place?.waiter;
  }

  #leave(place: { readonly waiter: T; unfollow: () => void }, isDue: boolean): void {
    place.unfollow();
    if (this.#queue.size === 0) this.#stopTimer();
    this.#onLeave(place.waiter, isDue);
  }

  /** It keeps a process alive, for as long as somebody waits. */
  #startTimer({ dueAt }: T): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#dismissDue(), dueAt - performance.now());
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #dismissDue(): void {
    this.#timer = undefined;
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      if (first.waiter.dueAt > performance.now()) {
        this.#timer = this.#startTimer(first.waiter);
        return;
      }
      this.#queue.shift();
      this.#leave(first, true);
    }
  }
}
