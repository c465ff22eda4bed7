import type { TlsSummary } from "../receipt.ts";
import { Watchdog, within } from "../util/deadline.ts";
import type { SmtpLimits } from "./limits.ts";
import { ReplyReader } from "./reply-reader.ts";
import type { SmtpSocket } from "./socket.ts";

/** How long a socket that closes, or a last word behind a failed write, is waited for. */
const FAREWELL_MS = 1_000;

/**
 * The bytes of one socket, and one wait at a time: whatever happens wakes whoever waits, who looks at the state again.
 *
 * Reading goes on beside writing. But a read is only started by {@link Wire.read}, so that none is under way when the
 * reply to STARTTLS has been taken: Workers cannot upgrade a socket that is being read.
 */
export class Wire {
  readonly replies: ReplyReader;
  /** The server has closed, or the connection failed for this reason. */
  ended: { readonly cause: unknown } | undefined;
  /** The time given to {@link Wire.startClock} is over. */
  isOverdue = false;
  readonly #socket: SmtpSocket;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #watchdog = new Watchdog(() => this.#expire());
  #isReading = false;
  #writesUnderWay = 0;
  #writeFailure: { readonly cause: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: SmtpSocket, limits: SmtpLimits) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
    this.replies = new ReplyReader(limits);
  }

  /** What the handshake of this socket came to. */
  get tls(): TlsSummary | undefined {
    return this.#socket.tls;
  }

  /** True until the socket has taken all that was written. */
  get isWriting(): boolean {
    return this.#writesUnderWay > 0;
  }

  write(bytes: Uint8Array): void {
    this.#writesUnderWay++;
    this.#writer.write(bytes).then(this.#onWritten, this.#onWriteFailed);
  }

  /** Keeps one read under way, as long as what came before it was taken. */
  read(): void {
    if (this.#isReading || this.ended !== undefined || !this.replies.wantsMore) return;
    this.#isReading = true;
    this.#reader.read().then(this.#onRead, this.#onReadFailed);
  }

  /** Resolves when something was read, written, failed or overdue, or somebody calls {@link Wire.wake}. */
  nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
  }

  startClock(ms: number): void {
    this.isOverdue = false;
    this.#watchdog.start(this.#writeFailure === undefined ? ms : FAREWELL_MS);
  }

  stopClock(): void {
    this.#watchdog.stop();
  }

  /** Lets go of the socket, for TLS to take over. */
  release(): SmtpSocket {
    this.#watchdog.end();
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    return this.#socket;
  }

  /** Closes. On Workers a socket may never say that it did (workerd #2060), so it is not asked for long. */
  async close(): Promise<void> {
    this.#watchdog.end();
    const close = () => this.#socket.close();
    const failure = () => new Error("The socket does not close.");
    await within(FAREWELL_MS, undefined, close, failure).catch(() => {}); // nothing is left to do with it
  }

  readonly #onRead = ({ value, done }: ReadableStreamReadResult<Uint8Array>): void => {
    this.#isReading = false;
    if (done) this.ended = { cause: undefined };
    else this.replies.push(value);
    this.wake();
  };

  readonly #onReadFailed = (cause: unknown): void => {
    this.#isReading = false;
    this.ended = { cause };
    this.wake();
  };

  readonly #onWritten = (): void => {
    this.#writesUnderWay--;
    if (!this.isWriting) this.wake();
  };

  /** A server that refuses often answers and closes: its last word may still be on its way. */
  readonly #onWriteFailed = (cause: unknown): void => {
    this.#writeFailure ??= { cause };
    this.#watchdog.start(FAREWELL_MS);
  };

  #expire(): void {
    if (this.#writeFailure === undefined) this.isOverdue = true;
    else this.ended ??= this.#writeFailure;
    this.wake();
  }
}
