import type { Receipt, RejectedRecipient, SmtpReply } from "@edgepost/core";
import type { MessageRecord } from "../store/store.ts";

/** What a send answers. A message nobody accepted is a problem instead. */
export interface SendAnswer {
  /** True only if every recipient was accepted. */
  readonly success: boolean;
  /** For humans: `Email sent successfully`, or how many were reached. */
  readonly message: string;
  /** The server's own name for this send: `GET /v1/messages/{id}`. */
  readonly id: string;
  /** The Message-ID, with its angle brackets. */
  readonly messageId: string;
  /** Envelope addresses the mail server took. */
  readonly accepted: readonly string[];
  /** Whom it refused, each with its reply. */
  readonly rejected: readonly RejectedRecipient[];
  /** Recipients of whom nobody can tell, where a message of several transactions was cut off in one; else left out. */
  readonly unknown?: readonly string[];
  /** The mail server's last word; null from transports that speak no SMTP. */
  readonly reply: SmtpReply | null;
  /** Octets of the message as sent. */
  readonly size: number;
  /** What was asked for and the mail server did not offer, for example `dsn`. */
  readonly downgrades: readonly string[];
}

export function toAnswer(id: string, receipt: Receipt): SendAnswer {
  return answer({ ...receipt, id, reply: receipt.reply ?? null }, receipt.unknown ?? []);
}

/** The same answer, from what was written down. */
export function toStoredAnswer(record: MessageRecord): SendAnswer {
  return answer(record, unknownOf(record));
}

/** Of a message that somebody has or may have: the recipients that were neither accepted nor rejected. */
export function unknownOf({ state, envelope, accepted, rejected }: MessageRecord): readonly string[] {
  if (state === "sending" || state === "failed") return [];
  const known = new Set([...accepted, ...rejected.map(({ address }) => address)]);
  return envelope.to.filter((address) => !known.has(address));
}

type Facts = Pick<SendAnswer, "id" | "messageId" | "accepted" | "rejected" | "reply" | "size" | "downgrades">;

function answer(facts: Facts, unknown: readonly string[]): SendAnswer {
  const { id, messageId, accepted, rejected, reply, size, downgrades } = facts;
  const others = rejected.length + unknown.length;
  const success = others === 0;
  const message = success
    ? "Email sent successfully"
    : `Email sent to ${accepted.length} of ${accepted.length + others} recipients`;
  const recipients = { accepted, rejected, ...(unknown.length > 0 && { unknown }) };
  return { success, message, id, messageId, ...recipients, reply, size, downgrades };
}
