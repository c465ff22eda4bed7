import { MailError } from "./errors.ts";
import type { AttachmentPolicy } from "./message/attachment.ts";
import type { MessageDefaults, MessageInput } from "./message/input.ts";
import { parseMessage } from "./message/normalize.ts";
import { composeMessage } from "./mime/compose.ts";
import type { Signer } from "./mime/signer.ts";
import type { OutgoingMail } from "./outgoing.ts";
import type { Receipt, SendResult, Verification } from "./receipt.ts";
import { sendInOrder } from "./send-many.ts";
import type { SendOptions, Transport } from "./transport.ts";

/** Everything a message takes from outside: with the same of each, the same input gives the same bytes. */
export interface BuildOptions {
  /** Signs each message, in this order; see `dkimSigner`. A signer that fails fails the send. */
  readonly sign?: Signer | readonly Signer[] | undefined;
  /** Default: the system clock. */
  readonly clock?: (() => Date) | undefined;
  /** Random bytes for Message-ID and boundaries. Default: `crypto.getRandomValues`. */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
  /** The right side of the Message-ID. Default: the domain of the sender. */
  readonly hostname?: string | undefined;
  /** How `url` and `path` attachments may be read. Default: not at all. */
  readonly attachments?: AttachmentPolicy | undefined;
}

export interface MailerOptions extends BuildOptions {
  readonly transport: Transport;
  /** For fields a message leaves out; they go before the defaults of the connection. */
  readonly defaults?: MessageDefaults | undefined;
  readonly hooks?: MailerHooks | undefined;
}

/** Watches messages go by. What a hook throws is ignored: an observer cannot undo a delivery. */
export interface MailerHooks {
  sending?(mail: OutgoingMail): void;
  sent?(receipt: Receipt, mail: OutgoingMail): void;
  /** `mail` is missing when the message could not be built. */
  failed?(error: unknown, mail?: OutgoingMail): void;
}

export interface SendManyOptions extends SendOptions {
  /** Messages under way at once. Default: 5, as many as a pool has connections. */
  readonly concurrency?: number | undefined;
}

export interface Mailer extends AsyncDisposable {
  /**
   * Sends one message and resolves when at least one recipient was accepted.
   * @throws MailError for everything else; `invalid-message` carries all issues at once.
   */
  send(message: MessageInput, options?: SendOptions): Promise<Receipt>;
  /** Sends many: results in input order, bounded concurrency and memory, one failure never stops the rest. */
  sendMany(
    messages: Iterable<MessageInput> | AsyncIterable<MessageInput>,
    options?: SendManyOptions,
  ): AsyncIterable<SendResult>;
  /** Tests the connection in stages, on the path that sends, without sending. */
  verify(options?: SendOptions): Promise<Verification>;
  /** Lets messages under way finish, then closes the transport. Later sends throw `closed`. */
  close(): Promise<void>;
}

/**
 * A mailer: checks and builds messages and hands them to a transport.
 *
 * @example
 * const mailer = createMailer({ transport: nodeTransport("smtp://user:pass@mail.acme.com"), defaults: { from: "a@acme.com" } });
 * const receipt = await mailer.send({ to: "ada@example.com", subject: "Hello", text: "…" });
 */
export function createMailer(options: MailerOptions): Mailer {
  const { transport, hooks } = options;
  let closed: Promise<void> | undefined;

  async function send(input: MessageInput, sendOptions: SendOptions = {}): Promise<Receipt> {
    let mail: OutgoingMail | undefined;
    try {
      refuseWhenClosed();
      refuseWhenAborted(sendOptions.signal);
      mail = prepare(input, options);
      observe(hooks?.sending, mail);
      const receipt = await transport.send(mail, sendOptions);
      observe(hooks?.sent, receipt, mail);
      return receipt;
    } catch (error) {
      observe(hooks?.failed, error, mail);
      throw error;
    }
  }

  async function verify(sendOptions: SendOptions = {}): Promise<Verification> {
    refuseWhenClosed();
    if (transport.verify === undefined) {
      throw new MailError("unsupported", `The transport "${transport.name}" has no connection to verify.`, { phase: "input" });
    }
    return transport.verify(sendOptions);
  }

  function close(): Promise<void> {
    closed ??= transport.close?.() ?? Promise.resolve();
    return closed;
  }

  function refuseWhenClosed(): void {
    if (closed !== undefined) throw new MailError("closed", "This mailer was closed.", { phase: "input" });
  }

  return {
    send,
    sendMany: (messages, { concurrency = 5, ...each } = {}) => sendInOrder(messages, (message) => send(message, each), concurrency),
    verify,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Builds a message without sending it: what `createMailer` hands to its transport.
 * @throws MailError `invalid-message` with all issues.
 */
export async function buildMime(message: MessageInput, options: BuildOptions = {}): Promise<OutgoingMail> {
  return prepare(message, options);
}

function prepare(input: MessageInput, options: BuildOptions & Partial<Pick<MailerOptions, "transport" | "defaults">>): OutgoingMail {
  const { clock = () => new Date(), random = randomBytes, hostname, sign = [], transport } = options;
  const message = parseMessage(input, {
    defaults: [options.defaults ?? {}, transport?.defaults ?? {}],
    attachments: { ...transport?.attachments, ...options.attachments },
    clock,
    random,
    hostname,
  });
  const signers = Array.isArray(sign) ? sign : [sign as Signer];
  return composeMessage(message, { random, clock, signers });
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new MailError("aborted", "The send was aborted before it began.", { phase: "input", cause: signal.reason });
  }
}

function observe<Facts extends unknown[]>(hook: ((...facts: Facts) => void) | undefined, ...facts: Facts): void {
  try {
    hook?.(...facts);
  } catch {
    // An observer must not turn a delivered message into a failed one.
  }
}

function randomBytes(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
