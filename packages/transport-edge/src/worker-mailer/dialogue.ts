import {
  isMailError,
  MailError,
  type MailErrorCode,
  type MailErrorFacts,
  type MailPhase,
  type SmtpReply,
} from "@edgepost/core";
import { settleWithin } from "../settle.ts";
import type { Internals } from "./internals.ts";
import { parseReply, shorten } from "./lines.ts";
import { Transcript } from "./transcript.ts";
import { Unread } from "./unread.ts";

/** What is written at once; between two writes the server must have taken the one before. */
const SLICE_BYTES = 65_536;

export interface DialogueOptions {
  readonly clientName: string;
  readonly replyMs: number;
  readonly progressMs: number;
  readonly finalMs: number;
}

/**
 * The lines of one connection, taken out of worker-mailer's hands: it writes and reads through this, which knows the
 * phase, bounds every wait and every reply, and lets nothing in or out that is not one command and its one reply.
 *
 * The first fault is the last word: every later step fails with the same error.
 */
export class Dialogue {
  phase: MailPhase = "greeting";
  /** The reply read last in this step. */
  reply: SmtpReply | undefined;
  /** The size of the message sent last. */
  messageBytes = 0;
  fault: MailError | undefined;

  readonly #mailer: Internals;
  readonly #options: DialogueOptions;
  readonly #transcript = new Transcript();
  readonly #unread = new Unread();
  /** TLS was begun, and no octet has come through it. */
  #isSecuring = false;
  /** The final dot is written, and its reply has not come. */
  #isCommitted = false;
  #giveUp: ((error: MailError) => void) | undefined;

  constructor(mailer: Internals, options: DialogueOptions) {
    this.#mailer = mailer;
    this.#options = options;
    mailer.writeLine = (line) => this.#sayLine(line);
    mailer.write = (text) => this.#sayMessage(text);
    mailer.readTimeout = () => this.#hear();
  }

  /** False once something was broken, the server is leaving (421), or says things unasked. */
  get isUsable(): boolean {
    return this.fault === undefined && this.reply?.code !== 421 && this.#unread.isEmpty;
  }

  /**
   * One step of worker-mailer. The error it throws when the server says no becomes ours, by the reply that was read.
   * @param waitingIn Where the dialogue stands until the server has answered.
   */
  async step(phase: MailPhase, refused: MailErrorCode, work: () => Promise<void>, waitingIn = phase): Promise<void> {
    this.#begin(waitingIn);
    try {
      await work();
    } catch (error) {
      if (this.fault !== undefined) throw this.fault;
      this.phase = phase;
      const { reply } = this;
      if (isMailError(error)) throw error;
      if (reply === undefined || reply.code < 400)
        throw this.fail("protocol-error", "The server's answer is none to this command.", error);
      // RFC 3463: 5.3.4 is a message too big for the system.
      const code = phase === "body" && reply.enhancedCode === "5.3.4" ? "message-too-large" : refused;
      throw this.error(code, `The server said no: ${reply.code} ${shorten(reply.text).replaceAll("\n", " ")}`, {
        reply,
      });
    }
  }

  /** TLS begins: nothing that came before it may be taken for an answer. */
  forget(): void {
    this.#refuseUnread();
    this.#unread.startTls();
    this.#isSecuring = true;
  }

  /** Obeys a signal until the function it returns is called. */
  obey(signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => {};
    const abort = () => {
      const error = this.fail("aborted", "The send was aborted.", signal.reason);
      this.#giveUp?.(error);
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  }

  /** An error of this moment. The dialogue goes on. */
  error(code: MailErrorCode, message: string, facts: Partial<MailErrorFacts> = {}): MailError {
    return new MailError(code, message, { phase: this.phase, trace: this.#transcript.lines, ...facts });
  }

  /** Ends the dialogue. Whatever happens between final dot and reply leaves the outcome unknown. */
  fail(code: MailErrorCode, message: string, cause?: unknown): MailError {
    const retryable = code === "connection-lost" || code === "timeout";
    this.fault ??= this.#isCommitted
      ? this.error("delivery-unknown", `The message was handed over, but its reply was lost: ${message}`, {
          retryable: false,
          cause,
        })
      : this.error(code, message, { retryable, cause });
    return this.fault;
  }

  #begin(phase: MailPhase): void {
    this.phase = phase;
    this.reply = undefined;
  }

  async #sayLine(line: string): Promise<void> {
    if (/[\r\n\0]/.test(line)) throw this.error("invalid-message", "A line break stands in an SMTP command.");
    this.#refuseUnread();
    const corrected = this.#correct(line);
    if (this.phase === "auth") this.#transcript.saidInSecret(corrected);
    else this.#transcript.said(corrected);
    await this.#write(new TextEncoder().encode(`${corrected}\r\n`));
  }

  /** RFC 5321: an address as EHLO name stands in brackets, and no space follows the colons of MAIL and RCPT. */
  #correct(line: string): string {
    return line
      .replace(/^(EHLO|HELO) .*/, `$1 ${this.#options.clientName}`)
      .replace(/^(MAIL FROM|RCPT TO): </, "$1:<")
      .trimEnd();
  }

  /** The message with its final dot, which is kept to the end: until it is written the server has nothing. */
  async #sayMessage(text: string): Promise<void> {
    this.#refuseUnread();
    const bytes = new TextEncoder().encode(text);
    const end = bytes.length - ".\r\n".length;
    this.messageBytes = end - (text.match(/^\.\./gm)?.length ?? 0);
    for (let start = 0; start < end; start += SLICE_BYTES) {
      await this.#write(bytes.subarray(start, Math.min(start + SLICE_BYTES, end)));
    }
    this.#transcript.said(`(a message of ${end} octets, and its final dot)`);
    this.#isCommitted = true;
    await this.#write(bytes.subarray(end));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { progressMs } = this.#options;
    await this.#within(progressMs, "The server took nothing more", () => this.#mailer.writer.write(bytes));
  }

  /** One complete reply, in the form worker-mailer reads: its lines as they came. */
  async #hear(): Promise<string> {
    const ms = this.#isCommitted ? this.#options.finalMs : this.#options.replyMs;
    const text = await this.#within(ms, "The server did not answer", () => this.#readReply());
    this.#isCommitted = false;
    this.#transcript.heard(this.#withoutSecrets(text));
    return text;
  }

  async #readReply(): Promise<string> {
    for (;;) {
      if (this.#unread.isEndless) throw this.fail("protocol-error", "The server sent a reply that does not end.");
      const text = this.#unread.takeReply();
      if (text !== undefined) return this.#understand(text);
      await this.#readOn();
    }
  }

  #understand(text: string): string {
    this.reply = parseReply(this.#withoutSecrets(text));
    if (this.reply === undefined)
      throw this.fail("protocol-error", "The server sent something that is not an SMTP reply.");
    return `${text}\n`;
  }

  /** Up to the next line end; worker-mailer reads on when the server has closed, and spins. */
  async #readOn(): Promise<void> {
    for (let isWorthALook = false; !isWorthALook; ) {
      const { done, value } = await this.#mailer.reader.read();
      if (done) throw this.#lose(undefined);
      this.#isSecuring = false;
      isWorthALook = this.#unread.add(value);
    }
  }

  /** Waits, but not for ever, and not for somebody who gave up. */
  async #within<T>(ms: number, overdue: string, work: () => Promise<T>): Promise<T> {
    if (this.fault !== undefined) throw this.fault;
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    const done = work().then((value) => ({ value }));
    try {
      const settled = await settleWithin(ms, Promise.race([done, givenUp]));
      if (settled === undefined) throw this.fail("timeout", `${overdue} within ${ms} ms.`);
      return settled.value;
    } catch (cause) {
      throw this.fault ?? this.#lose(cause);
    } finally {
      this.#giveUp = undefined;
    }
  }

  /** A handshake that failed shows at the first read or write behind it. */
  #lose(cause: unknown): MailError {
    if (!this.#isSecuring)
      return this.fail("connection-lost", `The connection was lost in phase "${this.phase}".`, cause);
    this.phase = "tls";
    return this.fail(
      "tls-failed",
      "The TLS handshake failed: the certificate must be valid for the host's name.",
      cause,
    );
  }

  /** A reply nobody asked for would be taken for the answer to what comes next (CVE-2021-22947). */
  #refuseUnread(): void {
    if (this.fault !== undefined) throw this.fault;
    if (!this.#unread.isEmpty) throw this.fail("protocol-error", "The server spoke before it was asked.");
  }

  #withoutSecrets(text: string): string {
    return this.#transcript.withoutSecrets(text, this.phase === "auth");
  }
}
