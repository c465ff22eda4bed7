import type { OutgoingMail } from "@edgepost/core";
import { RequestProblem } from "../http/problem.ts";
import type { MessageRecord } from "../store/message-record.ts";
import { isWaiting } from "./recipients.ts";

/** A message nobody is asked to take: everybody it is for is on the suppression list. */
export function isSuppressed({ recipients }: Pick<MessageRecord, "recipients">): boolean {
  return recipients.every(({ state }) => state === "suppressed");
}

/** The row of such a message: over before anything was begun. */
export function asSuppressed(message: MessageRecord): MessageRecord {
  return { ...message, state: "suppressed", attempts: 0, finishedAt: message.createdAt };
}

/** The mail for those who are asked. */
export function forWaiting<Mail extends OutgoingMail>(mail: Mail, { recipients }: MessageRecord): Mail {
  if (recipients.every(isWaiting)) return mail;
  const to = recipients.filter(isWaiting).map(({ address }) => address);
  return { ...mail, envelope: { ...mail.envelope, to } };
}

/** What the request that brought one is answered. */
export function everybodySuppressed(): RequestProblem {
  const detail = "Nothing was sent: every recipient is on the suppression list.";
  return new RequestProblem("recipients-suppressed", detail);
}
