import { isMailError, isTransient, MailError } from "../errors.ts";
import type { Envelope } from "../message/envelope.ts";
import type { Message } from "../message/message.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt, RejectedRecipient, SmtpReply } from "../receipt.ts";
import type { SendOptions, Transport } from "../transport.ts";
import { concatBytes } from "../util/bytes.ts";

/** A message as it would have left. */
export interface SentMail {
  /** The checked message. */
  readonly message: Message;
  /** Bare addresses, the refused ones included. */
  readonly envelope: Envelope;
  /** With its angle brackets. */
  readonly messageId: string;
  /** As they would have left, in 7 bits. */
  readonly bytes: Uint8Array;
  /** What the sender was given. */
  readonly receipt: Receipt;
}

/** What a transport in memory refuses, and by what it fails. */
export interface MemoryTransportOptions {
  /** Default: `memory`. */
  readonly name?: string | undefined;
  /** What a recipient is refused with; `undefined` accepts it. Default: everybody is accepted. */
  readonly reject?: ((address: string, mail: OutgoingMail) => SmtpReply | undefined) | undefined;
  /** What the whole send fails with; `undefined` lets it through. Asked first. */
  readonly fail?: ((mail: OutgoingMail) => MailError | undefined) | undefined;
}

/** Everything sent through it is kept. */
export interface MemoryTransport extends Transport {
  /** Accepted messages, oldest first. */
  readonly sent: readonly SentMail[];
  /** Forgets them. */
  clear(): void;
}

const ACCEPTED: SmtpReply = { code: 250, enhancedCode: "2.0.0", text: "OK, in memory" };

/**
 * A transport for tests: it delivers to an array, and behaves in everything else like one that has a server, refusals
 * and failures included.
 *
 * @example
 * const transport = memoryTransport({ reject: (address) => (address === "b@example.com" ? { code: 550, text: "No" } : undefined) });
 * const receipt = await createMailer({ transport }).send({ from: "me@acme.com", to: "a@example.com, b@example.com", text: "…" });
 * transport.sent[0]?.envelope.to; // both; receipt.rejected names b@example.com
 */
export function memoryTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  const { name = "memory", reject, fail } = options;
  const sent: SentMail[] = [];
  let closed = false;

  async function send(mail: OutgoingMail, { signal, recipients, onFinal }: SendOptions = {}): Promise<Receipt> {
    refuseWhenClosed();
    refuseWhenAborted(signal);
    const failure = fail?.(mail);
    if (failure !== undefined) throw failure;
    const rejected = refuseRecipients(mail, reject, recipients);
    const bytes = await readAll(mail.stream(), signal);
    await tellFinal(onFinal);
    const receipt: Receipt = {
      messageId: mail.messageId,
      accepted: mail.envelope.to.filter((address) => !rejected.some((recipient) => recipient.address === address)),
      rejected,
      reply: ACCEPTED,
      transport: name,
      size: bytes.length,
      downgrades: [],
    };
    sent.push({ message: mail.message, envelope: mail.envelope, messageId: mail.messageId, bytes, receipt });
    return receipt;
  }

  function refuseWhenClosed(): void {
    if (closed) throw new MailError("closed", "This transport was closed.", { phase: "input" });
  }

  return {
    name,
    tellsFinal: true,
    sent,
    send,
    verify: async ({ signal } = {}) => {
      refuseWhenClosed();
      refuseWhenAborted(signal);
      return { ok: true, stages: [{ stage: "connect", ok: true, ms: 0 }] };
    },
    close: async () => {
      closed = true;
    },
    clear() {
      sent.length = 0;
    },
  };
}

/** The refused, as long as somebody is left to send to, and the caller wants that. */
function refuseRecipients(
  mail: OutgoingMail,
  reject: MemoryTransportOptions["reject"],
  mode: SendOptions["recipients"] = "best-effort",
): RejectedRecipient[] {
  const { to } = mail.envelope;
  const rejected = to.flatMap((address) => {
    const reply = reject?.(address, mail);
    return reply === undefined ? [] : [{ address, reply, retryable: isTransient(reply) }];
  });
  if (rejected.length === 0 || (mode === "best-effort" && rejected.length < to.length)) return rejected;
  const areRetryable = rejected.map(({ retryable }) => retryable);
  throw new MailError("recipients-rejected", `The server refused ${rejected.length} of ${to.length} recipients.`, {
    phase: "rcpt",
    // One recipient refused for good stops every later attempt to reach all of them.
    retryable: rejected.length === to.length ? areRetryable.some(Boolean) : areRetryable.every(Boolean),
    reply: rejected.at(-1)?.reply,
    recipients: rejected,
  });
}

/** A stream that an attachment comes from is released when the caller gives up. */
async function readAll(stream: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) chunks.push(chunk.value);
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
  refuseWhenAborted(signal);
  return concatBytes(chunks);
}

async function tellFinal(onFinal: SendOptions["onFinal"]): Promise<void> {
  try {
    await onFinal?.();
  } catch (cause) {
    const retryable = isMailError(cause) ? cause.retryable : true;
    throw new MailError("aborted", "The message was stopped before it was sent.", { phase: "body", retryable, cause });
  }
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MailError("aborted", "The send was aborted.", { phase: "body", cause: signal.reason });
}
