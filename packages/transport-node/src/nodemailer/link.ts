import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { MailError, ParsedConnection } from "@edgepost/core";
import type { SMTPConnectionOptions } from "nodemailer/lib/smtp-connection";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { Dialogue } from "./dialogue.ts";
import { translate } from "./errors.ts";
import { ReplyLines } from "./reply-lines.ts";
import { broken, interrupted } from "./situation.ts";

/** Real EHLO replies stay under 4 KiB. What never ends must not fill the memory. */
const MAX_REPLY_BYTES = 512 * 1024;
/** How long QUIT and a closing socket are waited for. */
const FAREWELL_MS = 1_000;
/** How soon a session that carried a message before must answer the next: nothing is lost by trying another one. */
const SIGN_OF_LIFE_MS = 1_000;
/** nodemailer's own timers, which a server that drips sets back with every octet. Ours go off long before. */
const NEVER_MS = 2_147_483_647;

export interface LinkOptions {
  readonly host: string;
  readonly timeouts: ParsedConnection["timeouts"];
  readonly trace: ((line: string) => void) | undefined;
}

/** How nodemailer calls back when a step is done. */
export type Done<Result> = (error?: Error | null, result?: Result) => void;

/**
 * nodemailer's connection on a socket of ours, watched: each step ends, at the latest by a deadline, and the first fault
 * is the last word. After it the link is only ever closed.
 */
export class NodemailerLink {
  readonly smtp: SMTPConnection;
  readonly dialogue: Dialogue;
  /** When STARTTLS was sent and when TLS stood, by `performance.now()`. */
  startTlsAt: number | undefined;
  securedAt: number | undefined;

  /** It carried messages before, and did not answer anything since. */
  isUnproven = false;

  readonly #timeouts: ParsedConnection["timeouts"];
  #socket: Socket;
  #closed: Promise<void> | undefined;
  #replies = new ReplyLines();
  #timer: NodeJS.Timeout | undefined;
  #fault: MailError | undefined;
  #reject: ((fault: MailError) => void) | undefined;

  constructor(socket: Socket, options: SMTPConnectionOptions, { host, timeouts, trace }: LinkOptions) {
    this.dialogue = new Dialogue(host, trace);
    this.#timeouts = timeouts;
    this.smtp = new SMTPConnection({
      ...options,
      host,
      connection: socket,
      // Every line it sends, with its secrets left out; at no other level does it say anything we need.
      transactionLog: true,
      logger: { debug: (entry, line) => this.#onLog(entry, line), info() {}, warn() {}, error() {} },
      maxResponseSize: MAX_REPLY_BYTES,
      connectionTimeout: NEVER_MS,
      greetingTimeout: NEVER_MS,
      socketTimeout: NEVER_MS,
      socketCloseTimeout: FAREWELL_MS,
    });
    this.smtp.on("error", (error) => this.fail(translate(error, this.dialogue.situation)));
    // Where it closes by itself it calls back with the reason next.
    this.smtp.once("end", () => queueMicrotask(() => this.#lose()));
    this.#socket = socket;
    // Nothing flows before nodemailer listens too.
    socket.pause();
    this.#listen(socket);
  }

  get usable(): boolean {
    const isInStep = this.dialogue.isInStep && !this.#replies.isPartial;
    return this.#fault === undefined && !this.smtp.destroyed && isInStep;
  }

  /** Runs one step of nodemailer, to its own end or to the first fault. */
  run<Result>(start: (done: Done<Result>) => void, signal: AbortSignal | undefined): Promise<Result | undefined> {
    const step = () =>
      new Promise<Result | undefined>((resolve, reject) => {
        start((error, result) => (error ? reject(error) : resolve(result)));
      });
    return this.during(step, signal, this.#replyMs);
  }

  /** Does something for at most `ms`, unless the server or nodemailer set the clock again, or to the first fault. */
  during<Result>(
    work: () => Promise<Result>,
    signal: AbortSignal | undefined,
    ms: number = this.#timeouts.progressMs,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== undefined) return reject(this.#fault);
      const abort = () => {
        this.fail(interrupted("aborted", "The send was aborted", this.dialogue.situation, { cause: signal?.reason }));
      };
      const settle = () => {
        clearTimeout(this.#timer);
        signal?.removeEventListener("abort", abort);
        this.#reject = undefined;
      };
      this.#reject = (fault) => {
        settle();
        reject(fault);
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
      this.#await(ms);
      work().then(
        (result) => {
          if (this.#fault === undefined) settle();
          resolve(result);
        },
        (error) =>
          this.#reject?.(translate(error, this.dialogue.situation, (reply) => this.dialogue.withoutSecrets(reply))),
      );
    });
  }

  /** A piece of the message is handed over. */
  onPiece(): void {
    this.dialogue.saidPiece();
    this.#await(this.#timeouts.progressMs);
  }

  /** All of the message was handed over, final dot included: from here on its outcome is open. */
  onEnd(bytes: number): void {
    // nodemailer writes the dot by itself, right after. Both leave in one packet, and under TLS in one record.
    const socket = this.#socket;
    socket.cork();
    setImmediate(() => socket.uncork());
    this.dialogue.saidMessage(bytes);
    this.#await(this.#timeouts.finalMs);
  }

  /** Clears what a refused message left behind. It costs a server nothing: one that is slow is given up. */
  async reset(): Promise<void> {
    this.isUnproven = true;
    await this.run((done) => this.smtp.reset(done), undefined);
  }

  /** Ends the link, and the step under way. */
  fail(fault: MailError): void {
    if (this.#fault !== undefined) return;
    // A server that refuses often hangs up at once, while nodemailer waits for the replies to what it sent along.
    const isEnd = fault.code === "connection-lost" || fault.code === "timeout";
    this.#fault = (isEnd ? this.dialogue.refusal : undefined) ?? fault;
    this.smtp.close();
    if (this.smtp._socket) this.smtp._socket.destroy();
    this.#reject?.(this.#fault);
  }

  /** Says goodbye where the dialogue is in step, and closes. Resolves when the socket is gone: until then it counts. */
  async quit(): Promise<void> {
    if (this.usable) {
      const ended = untilEvent(this.smtp, "end");
      this.smtp.quit();
      await atMost(FAREWELL_MS, ended);
    }
    this.#lose();
    await atMost(FAREWELL_MS, this.#closed);
  }

  #onLog(entry: { readonly tnx?: unknown }, line: unknown): void {
    if (entry.tnx !== "client" || typeof line !== "string") return;
    const { _socket: socket } = this.smtp;
    if (socket && socket !== this.#socket) {
      this.securedAt = performance.now();
      // A server that refuses EHLO under TLS is asked by HELO, which nodemailer leaves out as long as it insists on TLS.
      this.smtp.options.requireTLS = false;
      this.#listen(socket);
    }
    if (line === "STARTTLS") this.startTlsAt = performance.now();
    this.#follow(() => {
      this.dialogue.said(line, this.#replies.isPartial);
      this.#await(this.#replyMs);
    });
  }

  /** Before nodemailer: what breaks a rule never gets there. */
  #listen(socket: Socket): void {
    this.#socket = socket;
    this.#closed = untilEvent(socket, "close");
    this.#replies = new ReplyLines();
    socket.prependListener("data", this.#onData);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#follow(() => {
      for (const text of this.#replies.take(chunk)) {
        const reply = this.dialogue.heard(text);
        if (reply !== undefined && reply.code !== 421) this.isUnproven = false;
        this.#await(this.#nextMs);
      }
      if (this.dialogue.mode !== "tls") return;
      // Sent in clear text to be read as if it had come under TLS (NO STARTTLS, USENIX Security 2021).
      if (this.#replies.isPartial) throw broken("The server spoke before it was asked", this.dialogue.situation);
      this.#socket.off("data", this.#onData);
    });
  };

  #follow(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(translate(error, this.dialogue.situation));
    }
  }

  get #replyMs(): number {
    const { replyMs } = this.#timeouts;
    return this.isUnproven ? Math.min(SIGN_OF_LIFE_MS, replyMs) : replyMs;
  }

  /** For what a complete reply leads to. */
  get #nextMs(): number {
    const { replyMs, connectMs, progressMs } = this.#timeouts;
    if (this.dialogue.mode === "tls") return connectMs;
    return this.dialogue.mode === "message" ? progressMs : replyMs;
  }

  /** One deadline at a time: for a whole reply, however its octets trickle in, or a whole handshake. */
  #await(ms: number): void {
    if (this.#reject === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.fail(interrupted("timeout", `Nothing complete came for ${ms} ms`, this.dialogue.situation));
    }, ms);
  }

  #lose(): void {
    this.fail(interrupted("connection-lost", "The server closed the connection", this.dialogue.situation));
  }
}

function untilEvent(emitter: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()));
}

async function atMost(ms: number, work: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
