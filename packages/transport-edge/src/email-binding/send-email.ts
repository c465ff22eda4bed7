import { EmailMessage } from "cloudflare:email";
import {
  MailError,
  type OutgoingMail,
  type Receipt,
  type RejectedRecipient,
  type SendOptions,
  type Transport,
} from "@edgepost/core";
import { untilAborted } from "../settle.ts";
import type { EmailBinding } from "./binding.ts";
import { type Failure, failureOf, NOT_CALLED } from "./failure.ts";

/** The binding documents no limit of its own; a call that takes longer is not waited for. */
const SEND_LIMIT_MS = 60_000;
/** Calls under way at once: each has the message in memory once more, and a Worker six connections. */
const MAX_CALLS = 5;

/**
 * Sends through Cloudflare's own `send_email` binding: no SMTP server, no credentials, the sender's domain on Cloudflare.
 *
 * The bytes are the ones every other transport sends, DKIM signatures included; the platform may replace `Date` and
 * `Message-ID` and refuses header fields outside its list. It takes one recipient per call, so each has an outcome of
 * its own; the reply code is made from the binding's error code. Where the binding breaks off without a code, or the
 * caller gives up once it was called, nobody knows: the recipient is `unknown` in the receipt, and the outcome
 * `delivery-unknown` when no other was accepted.
 *
 * @throws MailError `unsupported` for what the binding cannot do: an envelope sender other than `from`, `requireTls`,
 * `all-or-none` for several recipients, a runtime other than Workers. A DSN request is a downgrade named in the receipt.
 *
 * @example
 * const mailer = createMailer({ transport: emailBindingTransport(env.EMAIL), defaults: { from: "billing@acme.com" } });
 */
export function emailBindingTransport(binding: EmailBinding): Transport {
  return {
    name: "email-binding",
    async send(mail, options = {}) {
      refuseUnsupported(mail, options);
      const bytes = await mail.bytes();
      if (options.signal?.aborted) {
        throw new MailError("aborted", "The send was aborted.", { phase: "data", cause: options.signal.reason });
      }
      const sendTo = async (address: string): Promise<Outcome> => {
        if (options.signal?.aborted) return { address, failure: NOT_CALLED, cause: options.signal.reason };
        try {
          const sending = binding.send(new EmailMessage(mail.envelope.from, address, streamOf(bytes)));
          await untilAborted(sending, limited(options.signal));
          return { address };
        } catch (cause) {
          return { address, failure: failureOf(cause), cause };
        }
      };
      const outcomes: Outcome[] = [];
      for (let from = 0; from < mail.envelope.to.length; from += MAX_CALLS) {
        outcomes.push(...(await Promise.all(mail.envelope.to.slice(from, from + MAX_CALLS).map(sendTo))));
      }
      return conclude(mail, bytes.length, outcomes);
    },
  };
}

/** What became of one recipient: taken, unless there is a failure. */
type Outcome =
  | { readonly address: string; readonly failure?: undefined }
  | { readonly address: string; readonly failure: Failure; readonly cause: unknown };

function refuseUnsupported({ message, envelope }: OutgoingMail, { recipients }: SendOptions): void {
  const refuse = (what: string): never => {
    throw new MailError("unsupported", `The send_email binding cannot ${what}.`, { phase: "input" });
  };
  if (envelope.from !== message.from[0].address) refuse("use an envelope sender that is not the From address");
  if (message.requireTls) refuse("promise TLS on every hop (requireTls)");
  if (recipients === "all-or-none" && envelope.to.length > 1) refuse('send "all-or-none", one recipient per call');
  if (message.needsSmtpUtf8) {
    const text = "The send_email binding takes ASCII addresses only.";
    throw new MailError("smtputf8-unsupported", text, { phase: "input" });
  }
}

/** A stream of the platform's own: the binding takes no bytes, and no stream made in JavaScript. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> | string {
  return new Response(new Uint8Array(bytes)).body ?? "";
}

function limited(signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(SEND_LIMIT_MS);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

function conclude(mail: OutgoingMail, size: number, outcomes: readonly Outcome[]): Receipt {
  const accepted: string[] = [];
  const rejected: RejectedRecipient[] = [];
  const unknown: string[] = [];
  let first: Extract<Outcome, { failure: Failure }> | undefined;
  for (const outcome of outcomes) {
    if (outcome.failure === undefined) {
      accepted.push(outcome.address);
      continue;
    }
    const { address, failure } = outcome;
    if (first === undefined || failure.code === "delivery-unknown") first = outcome;
    if (failure.reply === undefined) unknown.push(address);
    else rejected.push({ address, reply: failure.reply, retryable: failure.retryable });
  }

  if (first !== undefined && accepted.length === 0) {
    const { code, phase, retryable, reply, text } = first.failure;
    const message = `The send_email binding did not take the message for ${first.address}: ${text}`;
    throw new MailError(code, message, { phase, retryable, reply, recipients: rejected, cause: first.cause });
  }
  return {
    messageId: mail.messageId,
    accepted,
    rejected,
    ...(unknown.length > 0 && { unknown }),
    reply: undefined,
    transport: "email-binding",
    size,
    downgrades: mail.message.dsn === undefined ? [] : ["dsn"],
  };
}
