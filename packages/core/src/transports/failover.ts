import type { MailErrorCode } from "../errors.ts";
import { inputError, isMailError, MailError } from "../errors.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt, Verification } from "../receipt.ts";
import type { SendOptions, Transport } from "../transport.ts";
import { SPENT, watchReading } from "./read-once.ts";

/** Errors that say something about a server or the way to it, and nothing about the message. */
const ABOUT_TRANSPORT: readonly MailErrorCode[] = [
  "unsupported",
  "connect-failed",
  "tls-failed",
  "tls-required",
  "auth-failed",
  "auth-unsupported",
  "auth-insecure",
  "greeting-rejected",
  "message-too-large",
  "smtputf8-unsupported",
  "rate-limited",
  "connection-lost",
  "timeout",
  "protocol-error",
  "closed",
];

/**
 * Sends by the first transport, and by the next one when that is of use: when the failure provably delivered nothing,
 * and is about the transport or for now. What a server refuses for good (a 5yz for sender, recipients or message) is an
 * answer and not asked again elsewhere; a limit of that one server (`message-too-large`, `smtputf8-unsupported`) is.
 *
 * - A partial refusal stays one: somebody has the message.
 * - `delivery-unknown` stops: the message may have arrived.
 * - A message with a stream that can be read only once goes no further after it was read; the error says so.
 * - When all fail, the error is that of the last, `retryable` when one of them is; its `cause` holds all of them.
 * - Defaults of fields are those of the first transport. `verify` tests all of them and answers with the first that
 *   failed, else with the first. `close` closes all.
 *
 * @throws MailError `invalid-connection` without any transport.
 *
 * @example
 * const transport = withFailover([nodeTransport("smtps://mail.acme.com"), nodeTransport("smtps://backup.acme.com")]);
 */
export function withFailover(transports: readonly Transport[]): Transport {
  const [first] = transports;
  if (first === undefined)
    throw inputError("invalid-connection", [{ path: "", message: "failover needs a transport" }]);

  const underWay = new Set<Promise<Receipt>>();
  let closed = false;

  async function send(mail: OutgoingMail, options: SendOptions = {}): Promise<Receipt> {
    if (closed) throw new MailError("closed", "This transport was closed.", { phase: "input" });
    const sending = sendByFirst(mail, options);
    underWay.add(sending);
    return sending.finally(() => underWay.delete(sending));
  }

  async function sendByFirst(mail: OutgoingMail, options: SendOptions): Promise<Receipt> {
    const failures: MailError[] = [];
    const watched = watchReading(mail);
    for (const transport of transports) {
      try {
        return await transport.send(watched.mail, options);
      } catch (error) {
        if (!isMailError(error) || !isWorthAnother(error)) throw error;
        failures.push(error);
        if (watched.isSpent()) break;
      }
    }
    throw allFailed(failures, transports);
  }

  async function verify(options: SendOptions = {}): Promise<Verification> {
    const verifications = await Promise.all(transports.map((transport) => transport.verify?.(options)));
    const answers = verifications.filter((verification) => verification !== undefined);
    const answer = answers.find(({ ok }) => !ok) ?? answers[0];
    if (answer !== undefined) return answer;
    throw new MailError("unsupported", "None of the transports has anything to verify.", { phase: "input" });
  }

  async function close(): Promise<void> {
    closed = true;
    // The first transport may fail and leave a message to the second: none closes before all are done.
    await Promise.allSettled(underWay);
    await Promise.all(transports.map((transport) => transport.close?.()));
  }

  const attachments = transports.find((transport) => transport.attachments !== undefined)?.attachments;
  return {
    name: `failover(${transports.map(({ name }) => name).join(", ")})`,
    ...(first.defaults !== undefined && { defaults: first.defaults }),
    ...(attachments !== undefined && { attachments }),
    ...(transports.every(({ tellsFinal }) => tellsFinal) && { tellsFinal: true }),
    send,
    verify,
    close,
  };
}

/** A retryable error delivered nothing by definition. The others of the list came before the message was handed over. */
function isWorthAnother({ code, retryable }: MailError): boolean {
  return retryable || ABOUT_TRANSPORT.includes(code);
}

function allFailed(failures: readonly MailError[], transports: readonly Transport[]): unknown {
  const last = failures.at(-1);
  if (last === undefined || transports.length === 1) return last;
  const isUntried = failures.length < transports.length;
  const message = isUntried
    ? `${last.message} No other transport was tried: ${SPENT}.`
    : `Every transport failed, the last with: ${last.message}`;
  return new MailError(last.code, message, {
    ...last,
    retryable: !isUntried && failures.some(({ retryable }) => retryable),
    cause: new AggregateError(failures, "What each transport failed with, in order."),
  });
}
