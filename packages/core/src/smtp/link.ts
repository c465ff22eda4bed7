import type { ParsedConnection } from "../connection.ts";
import { isMailError, MailError, type MailErrorCode, type MailErrorFacts, type MailPhase } from "../errors.ts";
import type { SmtpReply, TlsSummary } from "../receipt.ts";
import { within } from "../util/deadline.ts";
import { encodeAuthLine, encodeCommands } from "./command.ts";
import type { SmtpLimits } from "./limits.ts";
import { formatReply, isTooLarge } from "./reply.ts";
import type { SmtpSocket } from "./socket.ts";
import type { Trace } from "./trace.ts";
import { Wire } from "./wire.ts";

/** How long the answer to QUIT is waited for. */
const QUIT_MS = 1_000;

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

type Facts = Omit<MailErrorFacts, "phase" | "trace">;

/**
 * The dialogue over one socket: commands out, replies in, an end to every wait, and errors that know where it stood.
 *
 * The first fault is the last word: a timeout, an abort, a lost connection, something that is no reply, a 421. Every
 * later call fails with the same error, and the session is only ever closed.
 */
export class Link {
  /** Where the dialogue stands, for the errors that end it. */
  phase: MailPhase = "greeting";
  readonly #options: LinkOptions;
  readonly #wire: Wire;
  #fault: MailError | undefined;

  constructor(socket: SmtpSocket, options: LinkOptions) {
    this.#options = options;
    this.#wire = new Wire(socket, options.limits);
  }

  /** What ended this link. */
  get fault(): MailError | undefined {
    return this.#fault;
  }

  /** What the handshake came to, once there was one. */
  get tls(): TlsSummary | undefined {
    return this.#wire.tls;
  }

  /** Shows the dialogue to somebody, too, until the function it returns is called. */
  watch(watcher: ((line: string) => void) | undefined): () => void {
    const { trace } = this.#options;
    trace.watcher = watcher;
    return () => {
      trace.watcher = undefined;
    };
  }

  /** True while the server has said nothing that nobody asked for, and is still there, as far as that has shown. */
  get isQuiet(): boolean {
    return this.#fault === undefined && !this.hasArrived;
  }

  /** The server has said something that was not taken yet, or has closed. */
  get hasArrived(): boolean {
    return !this.#wire.replies.isEmpty || this.#wire.ended !== undefined;
  }

  /**
   * Writes a group of commands, and in the same write what of the message follows them. Nothing may have come before it
   * was asked for: a reply that lies ready would be taken for the answer (CVE-2021-22947).
   */
  command(lines: readonly string[], message?: Uint8Array): void {
    this.expectQuiet();
    const bytes = encodeCommands(lines, message);
    for (const line of lines) this.note(line);
    this.write(bytes);
  }

  /** Writes a line that holds a secret; the trace gets `shown`. */
  secretCommand(line: string, shown: string): void {
    this.expectQuiet();
    const bytes = encodeAuthLine(line);
    this.note(shown);
    this.write(bytes);
  }

  /** Begins to write. The reply tells whether it arrived; see {@link Link.drained} for much at once. */
  write(bytes: Uint8Array): void {
    if (this.#fault !== undefined) throw this.#fault;
    this.#wire.write(bytes);
  }

  /** A line for the trace, in place of bytes it must not show. */
  note(line: string): void {
    this.#options.trace.add(line);
  }

  /**
   * The next complete reply; the server has `ms` for all of it, however it spreads the octets.
   * @param shown What trace and errors may tell of it.
   */
  async reply(ms: number, shown: (reply: SmtpReply) => SmtpReply = asItIs): Promise<SmtpReply> {
    // With PIPELINING most replies have come with the first: they need no clock (bench send-node).
    const ready = this.#fault === undefined ? this.#take() : undefined;
    const reply = ready ?? (await this.#until("The server did not answer", ms, () => this.#take()));
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
    await this.#until("The server took nothing more", ms, () => !this.#wire.isWriting || this.hasArrived || undefined);
  }

  /** Waits for something that is none of the server's doing: the next piece of a body, an access token. */
  async during<T>(ms: number, overdue: string, work: Promise<T>): Promise<T> {
    let result: { readonly value: T } | { readonly error: unknown } | undefined;
    work
      .then(
        (value) => {
          result = { value };
        },
        (error) => {
          result = { error };
        },
      )
      .then(() => this.#wire.wake());
    const settled = await this.#until(overdue, ms, () => result);
    if ("error" in settled) throw settled.error;
    return settled.value;
  }

  /** Listens while nothing is asked, so that a server that closes or speaks is noticed before the next command. */
  listen(): void {
    this.#wire.read();
  }

  /** Obeys a signal until the function it returns is called. */
  obey(signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => {};
    const abort = () => void this.#abort(signal);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  }

  /** The link after the handshake: a fresh one. Nothing of this one is kept but the trace. */
  async startTls(serverName: string | undefined, signal: AbortSignal | undefined): Promise<Link> {
    this.expectQuiet();
    const socket = this.#wire.release();
    const shake = () => socket.startTls(serverName === undefined ? {} : { serverName });
    const failure = (expired: boolean) =>
      expired
        ? this.fail("timeout", "The TLS handshake was not done in time.", { retryable: true })
        : this.#abort(signal);
    const closeLate = (late: SmtpSocket) => void late.close().catch(() => {});
    try {
      const secured = await within(this.#options.timeouts.connectMs, signal, shake, failure, closeLate);
      const link = new Link(secured, this.#options);
      link.phase = this.phase;
      return link;
    } catch (cause) {
      if (this.#fault !== undefined) throw this.#fault;
      if (isMailError(cause)) throw this.fail(cause.code, cause.message, { retryable: cause.retryable, cause });
      throw this.fail("tls-failed", "The TLS handshake failed.", { cause });
    }
  }

  /** Refuses to go on when the server has said something that nobody asked for, or is gone. */
  expectQuiet(): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#wire.ended !== undefined) throw this.#lose(this.#wire.ended.cause);
    if (this.hasArrived) throw this.fail("protocol-error", "The server spoke before it was asked.");
  }

  /** An error with the phase and the last lines. The link goes on. */
  error(code: MailErrorCode, message: string, facts: Facts = {}): MailError {
    return new MailError(code, message, { ...facts, phase: this.phase, trace: this.#options.trace.lines() });
  }

  /** Ends the link with an error, unless something else ended it before. Answers the error to throw. */
  fail(code: MailErrorCode, message: string, facts: Facts = {}): MailError {
    this.#fault ??= this.error(code, message, facts);
    this.#wire.wake();
    return this.#fault;
  }

  /** The server said no and means the link. */
  refuse(reply: SmtpReply, what: string): MailError {
    const tooLarge = this.phase === "body" && isTooLarge(reply);
    const code = tooLarge ? "message-too-large" : (REFUSED_IN[this.phase] ?? "greeting-rejected");
    return this.fail(code, `${what}: ${formatReply(reply)}`, { reply });
  }

  /** The server answered something that has no meaning here. */
  unexpected(reply: SmtpReply): MailError {
    return this.fail("protocol-error", `The server answered out of turn: ${formatReply(reply)}`);
  }

  /** Says goodbye where the dialogue is in step, and closes. */
  async quit(): Promise<void> {
    if (this.isQuiet) {
      try {
        this.command(["QUIT"]);
        await this.reply(QUIT_MS);
      } catch {
        // It wanted to leave anyway.
      }
    }
    this.fail("closed", "The connection was closed.");
    await this.#wire.close();
  }

  #take(): SmtpReply | undefined {
    try {
      return this.#wire.replies.take();
    } catch (cause) {
      throw this.fail("protocol-error", cause instanceof Error ? cause.message : String(cause));
    }
  }

  /** Waits until `result` has one, looking again after every event. */
  async #until<T>(overdue: string, ms: number, result: () => T | undefined): Promise<T> {
    const wire = this.#wire;
    wire.startClock(ms);
    for (;;) {
      if (this.#fault !== undefined) throw this.#fault;
      const value = result();
      if (value !== undefined) {
        wire.stopClock();
        return value;
      }
      if (wire.ended !== undefined) throw this.#lose(wire.ended.cause);
      if (wire.isOverdue) throw this.fail("timeout", `${overdue} in time.`, { retryable: true });
      wire.read();
      await wire.nextEvent();
    }
  }

  #abort(signal: AbortSignal | undefined): MailError {
    return this.fail("aborted", "The send was aborted.", { retryable: false, cause: signal?.reason });
  }

  /** An end the socket explains itself keeps code and phase: on Workers a failed handshake shows at the next read. */
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
