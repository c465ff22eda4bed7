import type { MailErrorCode, OutgoingMail, Receipt, RejectedRecipient, SendOptions } from "@edgepost/core";
import { isMailError, MailError } from "@edgepost/core";
import { composeEnvelope } from "./envelope.ts";
import type { NodemailerLink } from "./link.ts";
import { allRefused } from "./refusals.ts";
import { type Transaction, transact } from "./transaction.ts";

/** What every server takes in one transaction (RFC 5321 section 4.5.3.1.8). More are sent in several. */
const MAX_RECIPIENTS = 100;

/** What became of a mail. */
type Delivery = Omit<Receipt, "messageId" | "transport">;

/**
 * One mail over one link: as a rule one transaction, several when it has more recipients than a transaction takes. What
 * one of them accepted is not thrown away for what happens to the next.
 *
 * @param isVerified The link is under TLS, with the server's certificate checked.
 */
export async function deliver(
  link: NodemailerLink,
  mail: OutgoingMail,
  options: SendOptions,
  isVerified: boolean,
): Promise<Delivery> {
  refuseUnsplittable(mail, options);
  const envelope = composeEnvelope(mail, link.dialogue.capabilities, isVerified);
  const { downgrades } = envelope;
  const accepted: string[] = [];
  const rejected: RejectedRecipient[] = [];
  let last: Transaction | undefined;
  /** A transaction that nobody may receive is still open. */
  let isOpen = false;

  let waiting: readonly string[] = mail.envelope.to;
  while (waiting.length > 0) {
    const group = waiting.slice(0, MAX_RECIPIENTS);
    waiting = waiting.slice(MAX_RECIPIENTS);
    try {
      if (isOpen) await link.reset();
      isOpen = false;
      last = await transact(link, mail, envelope, group, options);
      accepted.push(...last.accepted);
      rejected.push(...last.rejected);
      waiting = [...last.postponed, ...waiting];
    } catch (error) {
      if (!isMailError(error)) throw error;
      if (error.code === "recipients-rejected" && link.usable) {
        rejected.push(...(error.recipients ?? []));
        isOpen = true;
      } else if (last === undefined) throw withRefusals(error, rejected);
      else return { accepted, ...breakOff(group, waiting, rejected, error), ...lastWord(last), downgrades };
    }
  }
  if (last === undefined) throw allRefused(rejected, link.dialogue.situation);
  return { accepted, rejected, ...lastWord(last), downgrades };
}

/** What several transactions cannot do is said before the first. */
function refuseUnsplittable(mail: OutgoingMail, { recipients }: SendOptions): void {
  const { length } = mail.envelope.to;
  const allOrNone = recipients === "all-or-none";
  if (length <= MAX_RECIPIENTS || !(allOrNone || mail.once)) return;
  const why = allOrNone
    ? 'with recipients "all-or-none" they must fit into one transaction'
    : "its content can be read only once, and each transaction needs it again";
  const message = `The message has ${length} recipients, and ${why}, which takes ${MAX_RECIPIENTS}.`;
  throw new MailError("unsupported", message, { phase: "input" });
}

/** The recipients an error left over after others were accepted: each gets the truth, and nobody is called accepted. */
function breakOff(
  group: readonly string[],
  waiting: readonly string[],
  rejected: readonly RejectedRecipient[],
  error: MailError,
): Pick<Delivery, "rejected" | "unknown"> {
  const notSent = (address: string) => notSentTo(address, error);
  if (error.code !== "delivery-unknown") return { rejected: [...rejected, ...[...group, ...waiting].map(notSent)] };
  const refused = error.recipients ?? [];
  const unknown = group.filter((address) => !refused.some((recipient) => recipient.address === address));
  return { rejected: [...rejected, ...refused, ...waiting.map(notSent)], unknown };
}

/** What is wrong with the message itself, and will be in the next attempt. */
const UNSENDABLE: readonly MailErrorCode[] = ["attachment-failed", "message-too-large"];

/**
 * Where the server said nothing, a reply of our own stands in (RFC 3463): 4.4.2, the connection went bad, or 5.6.0, the
 * content did.
 */
function notSentTo(address: string, error: MailError): RejectedRecipient {
  if (error.reply !== undefined) return { address, reply: error.reply, retryable: error.retryable };
  const retryable = !UNSENDABLE.includes(error.code);
  const status = retryable ? { code: 451, enhancedCode: "4.4.2" } : { code: 554, enhancedCode: "5.6.0" };
  return { address, reply: { ...status, text: `Not sent by this client: ${error.message}` }, retryable };
}

/** Nobody was accepted: the error names those too whom an earlier transaction found refused. */
function withRefusals(error: MailError, earlier: readonly RejectedRecipient[]): MailError {
  if (earlier.length === 0) return error;
  const recipients = [...earlier, ...(error.recipients ?? [])];
  return new MailError(error.code, error.message, { ...error, recipients, cause: error.cause });
}

function lastWord({ reply, size }: Transaction): Pick<Delivery, "reply" | "size"> {
  return { reply, size };
}
