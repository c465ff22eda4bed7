import type { Issue } from "../errors.ts";
import { inputError, MailError } from "../errors.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt } from "../receipt.ts";
import type { SendOptions, Transport } from "../transport.ts";
import { Fields } from "../util/fields.ts";
import { RetriedDelivery } from "./retried-delivery.ts";

/** When to try again, and how often. */
export interface RetryOptions {
  /** Attempts in all, the first included. Default: 5. */
  readonly maxAttempts?: number | undefined;
  /** No attempt begins later than this after the first did. Default: 15 min. */
  readonly maxAgeMs?: number | undefined;
  /** Before the second attempt; doubled before each further one. Default: 1 s. */
  readonly firstDelayMs?: number | undefined;
  /** The longest wait. Default: 1 min. */
  readonly longestDelayMs?: number | undefined;
  /** Default: the system clock. */
  readonly clock?: (() => Date) | undefined;
  /** From 0 to 1, for the jitter. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Waits, no longer than until the signal aborts. Default: by `setTimeout`. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

type Limit = "maxAttempts" | "maxAgeMs" | "firstDelayMs" | "longestDelayMs";

/** A day: what waits longer belongs into a queue that survives the process. */
const LONGEST_MS = 86_400_000;
const MOST_ATTEMPTS = 100;

/**
 * Tries again what failed for now, and only what provably was not delivered: errors that are `retryable`, and of a
 * partial refusal the recipients refused with a 4yz, without the others. Every attempt carries the same bytes and the
 * same Message-ID. Waits grow from `firstDelayMs` by doubling; each is cut by up to half, at random, so that many
 * clients of a server that was down do not all come back at once.
 *
 * - `delivery-unknown` is never tried again: the message may have arrived.
 * - A message with a stream that can be read only once is not tried again after it was read; the error says so.
 * - The receipt speaks for all attempts. With somebody accepted there is a receipt, whatever became of the rest.
 * - `close()` begins no further attempt; what waits for one ends with the outcome it has.
 *
 * @throws MailError `invalid-connection` for options out of range.
 *
 * @example
 * const mailer = createMailer({ transport: withRetry(nodeTransport("smtps://user:pass@mail.acme.com"), { maxAttempts: 3 }) });
 */
export function withRetry(transport: Transport, options: RetryOptions = {}): Transport {
  const { maxAttempts, maxAgeMs, firstDelayMs, longestDelayMs } = parseLimits(options);
  const { clock = () => new Date(), random = Math.random, sleep = sleepBySetTimeout } = options;
  const closing = new AbortController();

  async function send(mail: OutgoingMail, sendOptions: SendOptions = {}): Promise<Receipt> {
    if (closing.signal.aborted) throw new MailError("closed", "This transport was closed.", { phase: "input" });
    const { signal } = sendOptions;
    const ends = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
    const delivery = new RetriedDelivery(mail, sendOptions);
    const began = clock().getTime();
    for (let attempt = 1; ; attempt++) {
      await delivery.attempt(transport);
      const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (1 - random() / 2);
      const isTooLate = clock().getTime() + delayMs - began > maxAgeMs;
      if (delivery.isOver || attempt === maxAttempts || isTooLate || ends.aborted) return delivery.outcome();
      await sleep(delayMs, ends);
      if (signal?.aborted) delivery.fail(abortedWhileWaiting(signal));
      if (ends.aborted) return delivery.outcome();
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    await transport.close?.();
  }

  const { verify, defaults, attachments, tellsFinal } = transport;
  return {
    name: transport.name,
    ...(defaults !== undefined && { defaults }),
    ...(attachments !== undefined && { attachments }),
    ...(tellsFinal && { tellsFinal }),
    ...(verify !== undefined && { verify: (sendOptions?: SendOptions) => verify.call(transport, sendOptions) }),
    send,
    close,
  };
}

function parseLimits(options: RetryOptions): { readonly [K in Limit]: number } {
  const issues: Issue[] = [];
  const fields = new Fields<RetryOptions>(options, "", issues);
  const limits = {
    maxAttempts: fields.count("maxAttempts", 5, MOST_ATTEMPTS),
    maxAgeMs: fields.count("maxAgeMs", 900_000, LONGEST_MS),
    firstDelayMs: fields.count("firstDelayMs", 1_000, LONGEST_MS),
    longestDelayMs: fields.count("longestDelayMs", 60_000, LONGEST_MS),
  };
  if (issues.length > 0) throw inputError("invalid-connection", issues);
  return limits;
}

function abortedWhileWaiting(signal: AbortSignal): MailError {
  const message = "The send was aborted while it waited to be tried again.";
  return new MailError("aborted", message, { phase: "idle", cause: signal.reason });
}

function sleepBySetTimeout(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}
