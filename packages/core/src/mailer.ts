import type { BuildOptions } from "./build-mime.ts";
import { BUILD_OPTIONS, prepareMail, refuseUnknownOptions } from "./build-mime.ts";
import { MailError } from "./errors.ts";
import { releaseStreams } from "./message/attachment-stream.ts";
import type { MessageDefaults, MessageInput } from "./message/input.ts";
import type { OutgoingMail } from "./outgoing.ts";
import type { Receipt, SendResult, Verification } from "./receipt.ts";
import { sendInOrder } from "./send-many.ts";
import type { SendOptions, Transport } from "./transport.ts";

/** What a mailer is made of. An option it does not know is `unsupported`. */
export interface MailerOptions extends BuildOptions {
  /** Carries the messages; closed with the mailer. */
  readonly transport: Transport;
  /** For fields a message leaves out; they go before the defaults of the connection. */
  readonly defaults?: MessageDefaults | undefined;
  /** Default: nobody watches. */
  readonly hooks?: MailerHooks | undefined;
}

/** Watches messages go by. What a hook throws is ignored: an observer cannot undo a delivery. */
export interface MailerHooks {
  /** A message was built, and goes to the transport. */
  sending?(mail: OutgoingMail): void;
  /** At least one recipient was accepted. */
  sent?(receipt: Receipt, mail: OutgoingMail): void;
  /** `mail` is missing when the message could not be built. */
  failed?(error: unknown, mail?: OutgoingMail): void;
}

/** Options for a whole `sendMany`; those of `send` hold for each message. */
export interface SendManyOptions extends SendOptions {
  /** Messages under way at once. Default: 5, as many as a pool has connections. */
  readonly concurrency?: number | undefined;
}

/**
 * Sends messages over one transport. Keep it: what a transport holds, as warm connections, lives as long as it does.
 */
export interface Mailer extends AsyncDisposable {
  /**
   * Sends one message and resolves when at least one recipient was accepted.
   * @throws MailError for everything else; `invalid-message` carries all issues at once.
   */
  send(message: MessageInput, options?: SendOptions): Promise<Receipt>;
  /**
   * Sends many: results in input order, bounded concurrency and memory, one failure never stops the rest. A source may
   * wait for a result before it gives the next message. When the source throws or the signal aborts, the results of
   * what is under way still come, and then the error. Leaving the loop early waits for what is under way.
   */
  sendMany(
    messages: Iterable<MessageInput> | AsyncIterable<MessageInput>,
    options?: SendManyOptions,
  ): AsyncIterable<SendResult>;
  /**
   * Tests the connection in stages, on the path that sends, without sending.
   * @throws MailError `unsupported` when the transport has no connection; a failed stage is a result, not an error.
   */
  verify(options?: SendOptions): Promise<Verification>;
  /** Lets what is under way finish, then closes the transport. Later calls throw `closed`. */
  close(): Promise<void>;
}

/**
 * A mailer: checks and builds messages, and hands them to a transport.
 *
 * @example
 * await using mailer = createMailer({
 *   transport: nodeTransport("smtp://user:pass@mail.acme.com"),
 *   defaults: { from: "Acme <billing@acme.com>" },
 * });
 * const receipt = await mailer.send({ to: "ada@example.com", subject: "Hello", text: "…" });
 */
export function createMailer(options: MailerOptions): Mailer {
  refuseUnknownOptions(options, MAILER_OPTIONS);
  const { transport, hooks } = options;
  const defaults = [options.defaults ?? {}, transport.defaults ?? {}];
  const build = { ...options, attachments: { ...transport.attachments, ...options.attachments } };
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function send(message: MessageInput, sendOptions: SendOptions = {}): Promise<Receipt> {
    let mail: OutgoingMail | undefined;
    try {
      refuseUnknownMode(sendOptions);
      mail = prepareMail(message, build, defaults);
      refuseWhenOver(sendOptions.signal);
      return await finishBeforeClosing(deliver(mail, sendOptions));
    } catch (error) {
      // Only who aborts is done with the streams: after any other failure the caller may send the same message again.
      if (mail !== undefined && sendOptions.signal?.aborted) releaseStreams(mail.message, sendOptions.signal.reason);
      observe(() => hooks?.failed?.(error, mail));
      throw error;
    }
  }

  async function deliver(mail: OutgoingMail, sendOptions: SendOptions): Promise<Receipt> {
    if (hooks?.sending !== undefined) observe(() => hooks.sending?.(mail));
    const receipt = await transport.send(mail, sendOptions);
    if (hooks?.sent !== undefined) observe(() => hooks.sent?.(receipt, mail));
    return receipt;
  }

  function sendMany(
    messages: Iterable<MessageInput> | AsyncIterable<MessageInput>,
    { concurrency, ...sendOptions }: SendManyOptions = {},
  ): AsyncIterable<SendResult> {
    return sendInOrder(messages, (message) => send(message, sendOptions), { concurrency, signal: sendOptions.signal });
  }

  async function verify(sendOptions: SendOptions = {}): Promise<Verification> {
    refuseWhenOver(sendOptions.signal);
    if (transport.verify === undefined) {
      throw new MailError("unsupported", `The transport "${transport.name}" has nothing to verify.`, {
        phase: "input",
      });
    }
    return finishBeforeClosing(transport.verify(sendOptions));
  }

  function close(): Promise<void> {
    closing ??= shutDown();
    return closing;
  }

  async function shutDown(): Promise<void> {
    await Promise.allSettled(underWay);
    await transport.close?.();
  }

  function refuseWhenOver(signal: AbortSignal | undefined): void {
    if (closing !== undefined) throw new MailError("closed", "This mailer was closed.", { phase: "input" });
    if (signal?.aborted) throw abortedBefore(signal);
  }

  function finishBeforeClosing<Outcome>(work: Promise<Outcome>): Promise<Outcome> {
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  }

  return { send, sendMany, verify, close, [Symbol.asyncDispose]: close };
}

const MAILER_OPTIONS: readonly string[] = ["transport", "defaults", "hooks", ...BUILD_OPTIONS];

/** A mode with a typing mistake would send to some where all or nobody was meant. */
function refuseUnknownMode({ recipients = "best-effort" }: SendOptions): void {
  if (recipients === "best-effort" || recipients === "all-or-none") return;
  throw new MailError("unsupported", 'The option "recipients" is "best-effort" or "all-or-none".', { phase: "input" });
}

function abortedBefore(signal: AbortSignal): MailError {
  return new MailError("aborted", "The send was aborted before it began.", { phase: "input", cause: signal.reason });
}

function observe(hook: () => unknown): void {
  // An observer, even an async one, must not turn a delivered message into a failed one.
  const ignore = () => {};
  try {
    Promise.resolve(hook()).catch(ignore);
  } catch {
    ignore();
  }
}
