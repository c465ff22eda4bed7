import type { RejectedRecipient, SmtpReply } from "@edgepost/core";
import type { MessageRecord } from "../store/message-record.ts";
import { acceptedOf, rejectedOf, suppressedOf, unknownOf } from "./recipients.ts";

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
  /** Recipients that are on the suppression list, where there are some: the mail server was not asked for them. */
  readonly suppressed?: readonly string[];
  /** The mail server's last word; null from transports that speak no SMTP. */
  readonly reply: SmtpReply | null;
  /** Octets of the message as sent. */
  readonly size: number;
  /** What was asked for and the mail server did not offer, for example `dsn`. */
  readonly downgrades: readonly string[];
}

/** What a message came to, as its sender is told. */
export function toAnswer(record: MessageRecord): SendAnswer {
  const { id, messageId, recipients, reply, size, downgrades } = record;
  const accepted = acceptedOf(record);
  const success = accepted.length === recipients.length;
  const message = success
    ? "Email sent successfully"
    : `Email sent to ${accepted.length} of ${recipients.length} recipients`;
  const unknown = unknownOf(record);
  const suppressed = suppressedOf(record);
  const outcomes = {
    accepted,
    rejected: rejectedOf(record),
    ...(unknown.length > 0 && { unknown }),
    ...(suppressed.length > 0 && { suppressed }),
  };
  return { success, message, id, messageId, ...outcomes, reply, size, downgrades };
}
