import { isMailError, type RejectedRecipient } from "@edgepost/core";
import type { Email } from "worker-mailer";
import type { Dialogue } from "./dialogue.ts";
import type { Internals } from "./internals.ts";

export interface Transaction {
  readonly email: Email;
  readonly recipients: readonly string[];
  /** Send to nobody unless the server takes every recipient. */
  readonly allOrNone: boolean;
  /** The first message of its session: a connection that is lost then was not lost while it was idle. */
  readonly isFresh: boolean;
}

export interface Outcome {
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
}

/** MAIL, RCPT…, DATA and the message. worker-mailer gives up at the first recipient refused; here each has its answer. */
export async function transact(mailer: Internals, dialogue: Dialogue, transaction: Transaction): Promise<Outcome> {
  const { email, recipients, allOrNone, isFresh } = transaction;
  mailer.emailSending = email;
  await dialogue.step("mail", "sender-rejected", () => mailer.mail(), isFresh ? "mail" : "idle");

  const accepted: string[] = [];
  const rejected: RejectedRecipient[] = [];
  for (const address of recipients) {
    // The message as far as RCPT looks at it, for this one recipient.
    mailer.emailSending = Object.assign(Object.create(email), { to: [{ email: address }] });
    try {
      await dialogue.step("rcpt", "recipients-rejected", () => mailer.rcpt());
      accepted.push(address);
    } catch (error) {
      if (!isMailError(error) || error.reply === undefined || !dialogue.isUsable) throw error;
      rejected.push({ address, reply: error.reply, retryable: error.retryable });
    }
  }
  if (accepted.length === 0 || (allOrNone && rejected.length > 0)) {
    const whom = accepted.length === 0 ? "every recipient" : "a recipient, and the message was for all or none";
    throw dialogue.error("recipients-rejected", `The server refused ${whom}.`, {
      recipients: rejected,
      retryable: rejected.some(({ retryable }) => retryable),
      reply: rejected[0]?.reply,
    });
  }

  mailer.emailSending = email;
  await dialogue.step("data", "message-rejected", () => mailer.data());
  await dialogue.step("body", "message-rejected", () => mailer.body());
  return { accepted, rejected };
}
