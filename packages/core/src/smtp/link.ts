import type { ParsedConnection } from "../connection.ts";
import { isMailError, MailError, type MailErrorCode, type MailErrorFacts, type MailPhase } from "../errors.ts";
import type { SmtpReply } from "../receipt.ts";
import { Watchdog, within } from "../util/deadline.ts";
import { encodeAuthLine, encodeCommands } from "./command.ts";
import type { SmtpLimits } from "./limits.ts";
import { formatReply } from "./reply.ts";
import { ReplyReader } from "./reply-reader.ts";
import type { SmtpSocket } from "./socket.ts";
import type { Trace } from "./trace.ts";

/** How long a closing socket, the answer to QUIT, or a last word behind a failed write is waited for. */
const FAREWELL_MS = 1_000;

/** What the server refuses when it says no in a phase, 421 included: before MAIL it is the whole session. */
const REFUSED_IN: Partial<Record<MailPhase, MailErrorCode>> = {
  mail: "sender-rejected",
  rcpt: "recipients-rejected",
  data: "message-rejected",
  body: "message-rejected",
};

export interface LinkOptions {
  readonly timeouts: ParsedConnection["timeouts"];
  readonly limits: SmtpLimits;
  readonly trace: Trace;
}

/**
 * One socket as the engine talks over it: lines and bytes out, replies in, and an end to every wait.
 *
 * The first fault is the last word: a timeout, an abort, a lost connection, something that is no reply, a 421. Every
 * later call fails with the same error, and the session is only ever closed.
 *
 * One thing is waited for at a time, so one event wakes whoever waits, who looks at the state again. Reading goes on
 * beside writing; but only waiting starts a read, and none is under way when the reply to STARTTLS has been taken, since
 * Workers cannot upgrade a socket that is being read.
 */
export class Link {
  /** Where the dialogue stands, for the errors that end it. */
  phase: MailPhase = "greeting";

  readonly #options: LinkOptions;
  readonly #socket: SmtpSocket;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies: ReplyReader;
  readonly #watchdog = new Watchdog(() => this.#expire());
  #fault: MailError | undefined;
  #isReading = false;
  /** The server has closed, or reading failed for this reason. */
  #ended: { readonly cause: unknown } | undefined;
  #writesUnderWay = 0;
  #writeFailure: { readonly cause: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** What was not done when the time is over. */
  #overdue = "";

  constructor(socket: SmtpSocket, options: LinkOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
    this.#replies = new ReplyReader(options.limits);
  }

  /** What ended this link. */
  get fault(): MailError | undefined {
    return this.#fault;
  }

  /** True while the server has said nothing that nobody asked for, and is still there, as far as that has shown. */
  get isQuiet(): boolean {
    return this.#fault === undefined && !this.hasArrived;
  }

  /** The server has said something, or has closed. */
  get hasArrived(): boolean {
    return this.hasSpoken || this.#ended !== undefined;
  }

  /** The server has said something that was not taken yet. */
  get hasSpoken(): boolean {
    return !this.#replies.isEmpty;
  }

  /**
   * Writes a group of commands, and in the same write what of the message follows them. Nothing may have come before it
   * was asked for: a reply that lies ready would be taken for the answer (CVE-2021-22947).
   */
  command(lines: readonly string[], message?: Uint8Array): void {
    this.expectQuiet();
    const bytes = encodeCommands(lines, message);
    for (const line of lines) this.#options.trace.add(line);
    this.write(bytes);
  }

  /** Writes a line that holds a secret; the trace gets `shown`. */
  secretCommand(line: string, shown: string): void {
    this.expectQuiet();
    const bytes = encodeAuthLine(line);
    this.#options.trace.add(shown);
    this.write(bytes);
  }

  /** Begins to write. The reply tells whether it arrived; see {@link Link.drained} for much at once. */
  write(bytes: Uint8Array): void {
    if (this.#fault !== undefined) throw this.#fault;
    this.#writesUnderWay++;
    this.#writer.write(bytes).then(this.#onWritten, this.#onWriteFailed);
  }

  /**
   * The next complete reply; the server has `ms` for all of it, however it spreads the octets.
   * @param shown What trace and errors may tell of it.
   */
  async reply(ms: number, shown: (reply: SmtpReply) => SmtpReply = asItIs): Promise<SmtpReply> {
    const reply = await this.#until("The server did not answer", ms, () => this.#take());
    this.#options.trace.add(shown(reply));
    if (reply.code === 421) throw this.refuse(shown(reply), "The server is closing the connection");
    return reply;
  }

  /** A reply nobody waits for, where one is there already. What is no reply answers nothing, but ends the link. */
  takeSurplus(): SmtpReply | undefined {
    try {
      return this.#take();
    } catch {
      return undefined;
    }
  }

  /** Waits until the socket has taken what was written, or the server has something to say. */
  async drained(ms: number): Promise<void> {
    const isDrained = () => this.#writesUnderWay === 0 || this.hasSpoken || undefined;
    await this.#until("The server took nothing more", ms, isDrained);
  }

  /** Waits for something that is none of the server's doing: the next piece of a body, an access token. */
  async during<T>(ms: number, overdue: string, work: Promise<T>): Promise<T> {
    let result: { readonly value: T } | { readonly error: unknown } | undefined;
    const wake = () => this.#wake?.();
    work.then(
      (value) => {
        result = { value };
        wake();
      },
      (error) => {
        result = { error };
        wake();
      },
    );
    const settled = await this.#until(overdue, ms, () => result);
    if ("error" in settled) throw settled.error;
    return settled.value;
  }

  /** Keeps a read under way while nothing is asked, so that a server that closes or speaks is noticed. */
  watch(): void {
    if (this.#isReading || this.#ended !== undefined || !this.#replies.wantsMore) return;
    this.#isReading = true;
    this.#reader.read().then(this.#onRead, this.#onReadFailed);
  }

  /** Idle from here to {@link Link.wake}: no reason for a process to stay, but a server that closes is noticed. */
  rest(): void {
    this.watch();
    this.#socket.unref?.();
  }

  wake(): void {
    this.#socket.ref?.();
  }

  /** Obeys a signal until the function it returns is called. */
  obey(signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => {};
    const abort = () => {
      this.fail("aborted", "The send was aborted.", { retryable: false, cause: signal.reason });
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  }

  /** The link after the handshake: a fresh one. Nothing of this one is kept but the trace. */
  async startTls(serverName: string | undefined, signal: AbortSignal | undefined): Promise<Link> {
    this.expectQuiet();
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#watchdog.end();
    try {
      const socket = await within(
        this.#options.timeouts.connectMs,
        signal,
        () => this.#socket.startTls(serverName === undefined ? {} : { serverName }),
        (expired) =>
          expired
            ? this.fail("timeout", "The TLS handshake was not done in time.", { retryable: true })
            : this.fail("aborted", "The send was aborted.", { retryable: false, cause: signal?.reason }),
        (late) => void late.close().catch(() => {}),
      );
      const link = new Link(socket, this.#options);
      link.phase = this.phase;
      return link;
    } catch (cause) {
      if (this.#fault !== undefined) throw this.#fault;
      const [code, why] = isMailError(cause)
        ? ([cause.code, cause.message] as const)
        : (["tls-failed", "The TLS handshake failed."] as const);
      throw this.fail(code, why, { retryable: isMailError(cause) && cause.retryable, cause });
    }
  }

  /** Ends the link with an error, unless something else ended it before. Answers the error to throw. */
  fail(code: MailErrorCode, message: string, facts: Omit<MailErrorFacts, "phase" | "trace"> = {}): MailError {
    this.#fault ??= this.error(code, message, facts);
    this.#wake?.();
    return this.#fault;
  }

  /** The server said no and means the link. */
  refuse(reply: SmtpReply, what: string): MailError {
    const code = REFUSED_IN[this.phase] ?? "greeting-rejected";
    return this.fail(code, `${what}: ${formatReply(reply)}`, { reply });
  }

  /** The server answered something that has no meaning here. */
  unexpected(reply: SmtpReply): MailError {
    return this.fail("protocol-error", `The server answered out of turn: ${formatReply(reply)}`);
  }

  /** An error with the phase and the last lines. The link goes on. */
  error(code: MailErrorCode, message: string, facts: Omit<MailErrorFacts, "phase" | "trace"> = {}): MailError {
    return new MailError(code, message, { ...facts, phase: this.phase, trace: this.#options.trace.lines() });
  }

  /** A line for the trace that stands for bytes it must not show. */
  note(line: string): void {
    this.#options.trace.add(line);
  }

  expectQuiet(): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended !== undefined) throw this.#lose(this.#ended.cause);
    if (this.hasSpoken) throw this.fail("protocol-error", "The server spoke before it was asked.");
  }

  /** Says goodbye where the dialogue is in step, and closes. */
  async quit(): Promise<void> {
    this.wake();
    if (this.isQuiet) {
      try {
        this.command(["QUIT"]);
        await this.reply(FAREWELL_MS);
      } catch {
        // It wanted to leave anyway.
      }
    }
    await this.close();
  }

  /** Closes. On Workers a socket may never say that it did (workerd #2060), so it is not asked for long. */
  async close(): Promise<void> {
    this.fail("closed", "The connection was closed.");
    this.#watchdog.end();
    try {
      await within(
        FAREWELL_MS,
        undefined,
        () => this.#socket.close(),
        () => new Error("The socket does not close."),
      );
    } catch {
      // Nothing is left to do with it.
    }
  }

  #take(): SmtpReply | undefined {
    try {
      return this.#replies.take();
    } catch (cause) {
      throw this.fail("protocol-error", cause instanceof Error ? cause.message : String(cause));
    }
  }

  /** Waits for `result` to have one, looking again after every event. */
  async #until<T>(overdue: string, ms: number, result: () => T | undefined): Promise<T> {
    this.#overdue = overdue;
    this.#watchdog.start(this.#writeFailure === undefined ? ms : FAREWELL_MS);
    for (;;) {
      if (this.#fault !== undefined) throw this.#fault;
      const value = result();
      if (value !== undefined) {
        this.#watchdog.stop();
        return value;
      }
      if (this.#ended !== undefined) throw this.#lose(this.#ended.cause);
      this.watch();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  readonly #onRead = ({ value, done }: ReadableStreamReadResult<Uint8Array>): void => {
    this.#isReading = false;
    if (done) this.#ended = { cause: undefined };
    else this.#replies.push(value);
    this.#wake?.();
  };

  readonly #onReadFailed = (cause: unknown): void => {
    this.#isReading = false;
    this.#ended = { cause };
    this.#wake?.();
  };

  readonly #onWritten = (): void => {
    this.#writesUnderWay--;
    if (this.#writesUnderWay === 0) this.#wake?.();
  };

  /** A server that refuses often answers and closes: its last word may still be on its way. */
  readonly #onWriteFailed = (cause: unknown): void => {
    this.#writeFailure ??= { cause };
    this.#watchdog.start(FAREWELL_MS);
  };

  #expire(): void {
    if (this.#writeFailure !== undefined) this.#lose(this.#writeFailure.cause);
    else this.fail("timeout", `${this.#overdue} in time.`, { retryable: true });
  }

  /** An end the socket explains itself keeps its code and phase: on Workers a failed handshake shows at the next read. */
  #lose(cause: unknown): MailError {
    if (isMailError(cause)) {
      this.phase = cause.phase;
      return this.fail(cause.code, cause.message, { retryable: cause.retryable, cause });
    }
    const how = cause === undefined ? "The server closed the connection" : "The connection was lost";
    return this.fail("connection-lost", `${how} in phase "${this.phase}".`, { retryable: true, cause });
  }
}

function asItIs(reply: SmtpReply): SmtpReply {
  return reply;
}
