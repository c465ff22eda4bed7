import type { ParsedConnection } from "../connection.ts";

/**
 * At most `messages` in any stretch of `perMs`: the start of the message `messages` ago must lie `perMs` back. A bucket
 * of tokens would let twice as many through in its first stretch, and servers that count do not forgive that.
 */
export class RateLimit {
  readonly #messages: number;
  readonly #perMs: number;
  /** The starts of the last `messages` messages, in a ring. */
  readonly #starts: number[] = [];
  #next = 0;

  constructor({ messages, perMs }: NonNullable<ParsedConnection["pool"]["rate"]>) {
    this.#messages = messages;
    this.#perMs = perMs;
  }

  /** Milliseconds until the next message may start; 0 for now. */
  waitMs(now: number): number {
    const start = this.#starts[this.#next];
    return start === undefined ? 0 : Math.max(0, Math.ceil(start + this.#perMs - now));
  }

  /** Counts a message that starts now. */
  take(now: number): void {
    this.#starts[this.#next] = now;
    this.#next = (this.#next + 1) % this.#messages;
  }
}
