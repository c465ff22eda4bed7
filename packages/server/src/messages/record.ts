import { buildMime, type OutgoingMail } from "@edgepost/core";
import type { Services } from "../context.ts";
import type { MessageRecord, StoredBody } from "../store/message-record.ts";
import { allQueued, isWaiting } from "./recipients.ts";
import type { SendRequest } from "./send.ts";
import type { SettledMail } from "./settle.ts";

/** The row of a message that is sent now. */
export function toRecord(
  mail: SettledMail,
  { key, body, idempotency }: SendRequest,
  connection: string | null,
  { clock, newId }: Services,
): MessageRecord {
  const now = clock();
  return {
    id: newId(now),
    key: key.id,
    connection,
    idempotency,
    messageId: mail.messageId,
    subject: mail.message.subject,
    envelope: mail.envelope,
    size: mail.size,
    recipientsMode: body.recipients ?? "best-effort",
    onUnknown: body.onUnknown ?? "keep",
    state: "sending",
    recipients: allQueued(mail.envelope.to),
    reply: null,
    downgrades: [],
    error: null,
    attempts: 1,
    interruptions: 0,
    createdAt: now.getTime(),
    dueAt: null,
    expiresAt: null,
    finishedAt: null,
  };
}

/** What is kept of a message: octets any server takes, but where it holds some that may not be encoded. */
export async function toBody(mail: SettledMail, isKept: boolean): Promise<StoredBody> {
  const { dsn = null, requireTls } = mail.message;
  return { bytes: await mail.bytes(mail.eightBit ? "8bit" : "7bit"), dsn, requireTls, isKept };
}

/** The mail again, the same octets, for those who have not got it. */
export function toMail({ envelope, recipients }: MessageRecord, body: StoredBody): Promise<OutgoingMail> {
  const { bytes, dsn, requireTls } = body;
  const to = recipients.filter(isWaiting).map(({ address }) => address);
  return buildMime({ raw: bytes, envelope: { from: envelope.from, to }, requireTls, ...(dsn !== null && { dsn }) });
}
