import { inputError, MailError } from "./errors.ts";
import type { Receipt, SendResult } from "./receipt.ts";

/** Results held while an older message is under way: one slow server neither stops the others nor fills the memory. */
const MAX_RESULTS_WAITING = 1000;

/**
 * Sends each message as it arrives, at most `concurrency` at once (default 5, as many as a pool has connections), and
 * yields the results in input order.
 *
 * Input is read only while somebody waits for a result, so a slow reader holds back the source. When the source throws
 * or the signal aborts, nothing more is read; what is under way is yielded, and then the error is thrown.
 */
export function sendInOrder<Message>(
  messages: Iterable<Message> | AsyncIterable<Message>,
  send: (message: Message) => Promise<Receipt>,
  { concurrency = 5, signal }: { concurrency?: number | undefined; signal?: AbortSignal | undefined },
): AsyncIterable<SendResult> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw inputError("invalid-message", [{ path: "concurrency", message: "must be a whole number from 1" }]);
  }
  return new OrderedSends(messages, send, concurrency).results(signal);
}

/** The place of a message in line: empty while it is under way. */
interface Place {
  result?: SendResult;
}

class OrderedSends<Message> {
  readonly #source: Iterator<Message> | AsyncIterator<Message>;
  readonly #send: (message: Message) => Promise<Receipt>;
  readonly #concurrency: number;
  /** Oldest first. */
  readonly #line: Place[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #count = 0;
  #reading = false;
  /** Nothing more is read: the source is exhausted, or nobody wants it. */
  #ended = false;
  #exhausted = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(
    messages: Iterable<Message> | AsyncIterable<Message>,
    send: (message: Message) => Promise<Receipt>,
    concurrency: number,
  ) {
    this.#source = Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
    this.#send = send;
    this.#concurrency = concurrency;
  }

  async *results(signal: AbortSignal | undefined): AsyncGenerator<SendResult, void, void> {
    const abort = () =>
      this.#end(new MailError("aborted", "Sending was aborted.", { phase: "input", cause: signal?.reason }));
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      while (!this.#ended || this.#line.length > 0) {
        const oldest = this.#line[0]?.result;
        if (oldest === undefined) await this.#advance();
        else {
          this.#line.shift();
          yield oldest;
        }
      }
      if (this.#failure !== undefined) throw this.#failure.error;
    } finally {
      signal?.removeEventListener("abort", abort);
      await this.#leave();
    }
  }

  /** Reads on where there is room, and waits until a message has come or a result is there. */
  #advance(): Promise<void> {
    const hasRoom = this.#underWay.size < this.#concurrency && this.#line.length < MAX_RESULTS_WAITING;
    if (!this.#ended && !this.#reading && hasRoom) this.#read();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      const { done, value } = await this.#source.next();
      if (done) this.#exhausted = true;
      // What comes after an abort is not begun.
      else if (!this.#ended) this.#start(value);
    } catch (error) {
      this.#exhausted = true;
      this.#end(error);
    }
    this.#reading = false;
    this.#ended ||= this.#exhausted;
    this.#wake();
  }

  #start(message: Message): void {
    const index = this.#count++;
    const place: Place = {};
    this.#line.push(place);
    const sending = this.#send(message)
      .then<SendResult, SendResult>(
        (receipt) => ({ index, ok: true, receipt }),
        (error: Error) => ({ index, ok: false, error }),
      )
      .then((result) => {
        place.result = result;
        this.#underWay.delete(sending);
        this.#wake();
      });
    this.#underWay.add(sending);
  }

  #end(error: unknown): void {
    this.#ended = true;
    this.#failure ??= { error };
    this.#wake();
  }

  /** The reader may go early: what is under way finishes first, and the source is told. */
  async #leave(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#underWay);
    if (this.#exhausted) return;
    const told = Promise.resolve(this.#source.return?.());
    // A source that is still waiting for its next message may never answer.
    if (this.#reading) told.catch(() => {});
    else await told;
  }
}
