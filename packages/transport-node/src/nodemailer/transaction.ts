import type { Readable } from "node:stream";
import type { BodyForm, OutgoingMail, RejectedRecipient, SendOptions, SmtpReply } from "@edgepost/core";
import { isMailError } from "@edgepost/core";
import type { NodemailerEnvelope } from "./envelope.ts";
import type { NodemailerLink } from "./link.ts";
import { type BodyWatch, bodyFromBytes, bodyFromStream } from "./message-body.ts";
import { notToAll, tooLarge } from "./refusals.ts";
import { parseReply } from "./reply-lines.ts";
import { failed, unreadable } from "./situation.ts";

/** What one transaction came to. */
export interface Transaction {
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
  /** Refused only because there were too many in this transaction: another one may carry them. */
  readonly postponed: readonly string[];
  readonly reply: SmtpReply | undefined;
  readonly size: number;
}

/**
 * MAIL, RCPT…, DATA and the message, said by nodemailer.
 * @throws MailError when the server took the message for nobody, or may have.
 */
export async function transact(
  link: NodemailerLink,
  mail: OutgoingMail,
  { form, parameters }: NodemailerEnvelope,
  recipients: readonly string[],
  options: SendOptions,
): Promise<Transaction> {
  const allOrNone = options.recipients === "all-or-none";
  let size = 0;
  const watch: BodyWatch = {
    onPiece() {
      // Breaking off is how a message is not sent after the server has said that it wants it.
      if (allOrNone && link.dialogue.refused.length > 0) link.fail(notToAll(link.dialogue.situation));
      link.onPiece();
    },
    hasRoomFor(bytes) {
      const mostBytes = mostBytesOf(link.dialogue.capabilities);
      if (bytes > mostBytes) link.fail(tooLarge(mostBytes, link.dialogue.situation));
      return bytes <= mostBytes;
    },
    beforeEnd: options.onFinal && (() => tellFinal(options.onFinal, link)),
    onEnd(bytes) {
      size = bytes;
      link.onEnd(bytes);
    },
    onFailure: (error) => link.fail(unreadable(error, link.dialogue.situation)),
  };
  const bytes = mail.streamed ? undefined : await link.during(() => makeBytes(mail, form, link), options.signal);
  const body = bytes === undefined ? openBody(mail, form, watch, link) : bodyFromBytes(bytes, watch);
  const { from } = mail.envelope;
  const declared = bytes?.length ?? mail.size;
  const envelope = { ...parameters, from, to: [...recipients], ...(declared !== undefined && { size: declared }) };

  link.dialogue.begin(recipients);
  try {
    const info = await link.run<{ response: string }>((done) => link.smtp.send(envelope, body, done), options.signal);
    return { ...sort(recipients, link.dialogue.refused, mail), reply: info && parseReply(info.response), size };
  } finally {
    body.destroy();
  }
}

/** What the server takes, by its SIZE (RFC 1870 section 4): 0 is no fixed limit. */
function mostBytesOf(offered: ReadonlyMap<string, string>): number {
  return Number(/^\d{1,15}$/.exec(offered.get("SIZE") ?? "")?.[0]) || Number.POSITIVE_INFINITY;
}

/** One who cannot write down that the message is about to be deliverable stops it. */
async function tellFinal(onFinal: SendOptions["onFinal"], { dialogue }: NodemailerLink): Promise<void> {
  try {
    await onFinal?.();
  } catch (cause) {
    const retryable = isMailError(cause) ? cause.retryable : true;
    throw failed("aborted", "The message was stopped before it was sent.", dialogue.situation, { retryable, cause });
  }
}

async function makeBytes(mail: OutgoingMail, form: BodyForm, link: NodemailerLink): Promise<Uint8Array> {
  try {
    return await mail.bytes(form);
  } catch (error) {
    throw unreadable(error, { ...link.dialogue.situation, phase: "input" });
  }
}

function openBody(mail: OutgoingMail, form: BodyForm, watch: BodyWatch, link: NodemailerLink): Readable {
  try {
    return bodyFromStream(mail.stream(form), watch);
  } catch (error) {
    throw unreadable(error, { ...link.dialogue.situation, phase: "input" });
  }
}

function sort(
  recipients: readonly string[],
  refused: readonly RejectedRecipient[],
  { once }: OutgoingMail,
): Pick<Transaction, "accepted" | "rejected" | "postponed"> {
  const addresses = new Set(refused.map(({ address }) => address));
  const isPostponed = (recipient: RejectedRecipient) => !once && isTooMany(recipient);
  return {
    accepted: recipients.filter((address) => !addresses.has(address)),
    rejected: refused.filter((recipient) => !isPostponed(recipient)),
    postponed: refused.filter(isPostponed).map(({ address }) => address),
  };
}

/** 452, or 4.5.3 where the server is exact (RFC 5321 section 4.5.3.1.10, RFC 3463): 452 alone may be a full mailbox. */
function isTooMany({ reply }: RejectedRecipient): boolean {
  return reply.enhancedCode?.endsWith(".5.3") ?? reply.code === 452;
}
