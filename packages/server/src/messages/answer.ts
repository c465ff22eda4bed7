import type { Receipt, RejectedRecipient, SmtpReply } from "@edgepost/core";
import type { MessageRecord } from "../store/store.ts";

/** What a send answers. A message nobody accepted is a problem instead. */
export interface SendAnswer {
  /** True only if every recipient was accepted. */
  readonly success: boolean;
  readonly message: string;
  /** The server's own name for this send: `GET /v1/messages/{id}`. */
  readonly id: string;
  /** The Message-ID, with its angle brackets. */
  readonly messageId: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
  /** The mail server's last word; null from transports that speak no SMTP. */
  readonly reply: SmtpReply | null;
  /** Octets of the message as sent. */
  readonly size: number;
  /** What was asked for and the mail server did not offer, for example `dsn`. */
  readonly downgrades: readonly string[];
}

export function toAnswer(id: string, receipt: Receipt): SendAnswer {
  return answer({ ...receipt, id, reply: receipt.reply ?? null });
}

/** The same answer, from what was written down. */
export function toStoredAnswer(record: MessageRecord): SendAnswer {
  return answer(record);
}

function answer(facts: Omit<SendAnswer, "success" | "message">): SendAnswer {
  const { id, messageId, accepted, rejected, reply, size, downgrades } = facts;
  const success = rejected.length === 0;
  const message = success
    ? "Email sent successfully"
    : `Email sent to ${accepted.length} of ${accepted.length + rejected.length} recipients`;
  return { success, message, id, messageId, accepted, rejected, reply, size, downgrades };
}
