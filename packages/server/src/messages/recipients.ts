import { isMailError, type MailError, type Receipt, type RejectedRecipient } from "@edgepost/core";
import type { MessageRecord, MessageState, RecipientRecord, RecipientState } from "../store/message-record.ts";

/** Everybody the envelope names, before anything was tried. */
export function allQueued(to: readonly string[]): readonly RecipientRecord[] {
  return to.map((address) => ({ address, state: "queued", reply: null }));
}

/** Recipients an attempt is made for. */
export function isWaiting({ state }: RecipientRecord): boolean {
  return state === "queued" || state === "deferred";
}

/** What the mail server said of those it was asked for. A 4yz may be tried again; a 5yz is its last word. */
export function afterReceipt(recipients: readonly RecipientRecord[], receipt: Receipt): readonly RecipientRecord[] {
  const accepted = new Set(receipt.accepted);
  const unknown = new Set(receipt.unknown);
  return withRefusals(recipients, receipt.rejected).map((recipient) => {
    if (accepted.has(recipient.address)) return { ...recipient, state: "accepted", reply: null };
    return unknown.has(recipient.address) ? { ...recipient, state: "unknown" } : recipient;
  });
}

/**
 * What an error means for those an attempt was made for. Those whom the server refused by name have their own word; the
 * others share what happened to the message.
 */
export function afterError(recipients: readonly RecipientRecord[], error: MailError): readonly RecipientRecord[] {
  const refused = error.recipients ?? [];
  const named = new Set(refused.map(({ address }) => address));
  const others: RecipientState =
    error.code === "delivery-unknown" ? "unknown" : mayRetry(error) ? "deferred" : "rejected";
  return withRefusals(recipients, refused).map((recipient) =>
    isWaiting(recipient) && !named.has(recipient.address) ? { ...recipient, state: others } : recipient,
  );
}

/** Nobody is tried again: what was only deferred is refused now. */
export function giveUp(recipients: readonly RecipientRecord[]): readonly RecipientRecord[] {
  return recipients.map((recipient) => (isWaiting(recipient) ? { ...recipient, state: "rejected" } : recipient));
}

/** The state of a message of which it is known what became of everybody, as far as that can be. */
export function stateOf(recipients: readonly RecipientRecord[]): MessageState {
  const is = (state: RecipientState) => (recipient: RecipientRecord) => recipient.state === state;
  if (recipients.some(isWaiting)) return "deferred";
  if (recipients.every(is("suppressed"))) return "suppressed";
  if (recipients.every(is("accepted"))) return "sent";
  if (recipients.some(is("accepted"))) return "partial";
  return recipients.some(is("unknown")) ? "unknown" : "failed";
}

export function acceptedOf({ recipients }: Pick<MessageRecord, "recipients">): readonly string[] {
  return recipients.filter(({ state }) => state === "accepted").map(({ address }) => address);
}

/** Those of whom nobody can tell whether they have it. */
export function unknownOf({ recipients }: Pick<MessageRecord, "recipients">): readonly string[] {
  return recipients.filter(({ state }) => state === "unknown").map(({ address }) => address);
}

/** Those nobody asked for: they are on the suppression list. */
export function suppressedOf({ recipients }: Pick<MessageRecord, "recipients">): readonly string[] {
  return recipients.filter(({ state }) => state === "suppressed").map(({ address }) => address);
}

/** Those the mail server has refused, for now or for good. */
export function rejectedOf({ recipients }: Pick<MessageRecord, "recipients">): readonly RejectedRecipient[] {
  return recipients.flatMap(({ address, reply }) =>
    reply === null ? [] : [{ address, reply, retryable: reply.code < 500 }],
  );
}

/**
 * An attempt that came to nothing and may be made again: the server asked for that by a 4yz, or it was never told of the
 * message. What goes wrong before MAIL is the fault of the connection, and somebody may repair that.
 */
export function mayRetry(error: unknown): boolean {
  if (!isMailError(error) || error.code === "delivery-unknown") return false;
  return error.retryable || isConnectionFault(error);
}

/** True when a connection could not be made, or was ended with 421, which is not about the message under way. */
export function isConnectionFault(error: unknown): boolean {
  return isMailError(error) && (BEFORE_MAIL.has(error.phase) || error.reply?.code === 421);
}

const BEFORE_MAIL: ReadonlySet<string> = new Set(["connect", "greeting", "ehlo", "tls", "auth"]);

function withRefusals(
  recipients: readonly RecipientRecord[],
  refused: readonly RejectedRecipient[],
): readonly RecipientRecord[] {
  const words = new Map(refused.map((refusal) => [refusal.address, refusal]));
  return recipients.map((recipient) => {
    const word = isWaiting(recipient) ? words.get(recipient.address) : undefined;
    if (word === undefined) return recipient;
    return { ...recipient, state: word.retryable ? "deferred" : "rejected", reply: word.reply };
  });
}
