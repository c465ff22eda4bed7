import { isMailError, MailError, type MessageInput, type Receipt } from "@edgepost/core";
import type { OpenConnection } from "../connections/connections.ts";
import { withHint } from "../connections/providers.ts";
import type { Services } from "../context.ts";
import { toProblem } from "../http/problem.ts";
import { type ApiKey, requireScope } from "../keys/scopes.ts";
import type { Idempotency, MessageOutcome, MessageRecord } from "../store/store.ts";
import { type SendAnswer, toAnswer } from "./answer.ts";
import { build } from "./build.ts";
import { IDEMPOTENCY_MS } from "./idempotency.ts";
import type { SendBody } from "./send-body.ts";
import { type SettledMail, settle } from "./settle.ts";

/** A request to send, read and authorised. */
export interface SendRequest {
  readonly key: ApiKey;
  readonly body: SendBody;
  readonly idempotency: Idempotency | null;
}

/** The answer, or the message that an equal request had sent before. */
export type Sent =
  | { readonly answer: SendAnswer; readonly first?: undefined }
  | { readonly first: MessageRecord; readonly answer?: undefined };

/**
 * Sends one message.
 *
 * It is written down when it is its turn, before anything is connected, and what became of it before anything is
 * answered. So an answer of success survives the death of this process, and of an interrupted message it is known that
 * nobody knows. The row holds the idempotency key too: of equal requests only one can write it.
 *
 * @throws MailError, RequestProblem when it was not sent, or nobody knows.
 */
export async function send(services: Services, { key, body, idempotency }: SendRequest): Promise<Sent> {
  const { store, clock, limits } = services;
  const idempotentSince = clock().getTime() - IDEMPOTENCY_MS;
  if (idempotency !== null) {
    const first = await store.messages.findRequest(key.id, idempotency, idempotentSince);
    if (first !== undefined) return { first };
  }

  const connection = await openFor(services, key, body);
  try {
    const mail = await settle(await build(services, body, connection), limits.maxMessageBytes);

    const leave = await connection.enter();
    try {
      const record = await toRecord(mail, { key: key.id, connection: connection.name, idempotency }, services);
      const first = await store.messages.begin(record, idempotentSince);
      if (first !== undefined) return { first };

      // The next one may go on while what became of this one is written down.
      const sending = () => connection.transport.send(mail, { recipients: body.recipients }).finally(leave);
      return { answer: toAnswer(record.id, await deliver(sending, connection, record, services)) };
    } finally {
      leave();
    }
  } finally {
    await connection.release();
  }
}

/** The connection a body asks for, if its key may use that, and all the message needs. */
export function openFor(services: Services, key: ApiKey, body: SendBody): Promise<OpenConnection> {
  requireScope(key, typeof body.connection === "object" ? "connections:inline" : "connections:use");
  if (hasUrls(body.message)) requireScope(key, "attachments:url");
  return services.connections.open(body.connection, key);
}

function hasUrls({ attachments }: MessageInput): boolean {
  return Array.isArray(attachments) && attachments.some((attachment) => attachment?.url !== undefined);
}

async function toRecord(
  mail: SettledMail,
  origin: Pick<MessageRecord, "key" | "connection" | "idempotency">,
  { clock, newId, keepContent }: Services,
): Promise<MessageRecord> {
  const now = clock();
  return {
    ...origin,
    id: newId(now),
    messageId: mail.messageId,
    subject: mail.message.subject,
    envelope: mail.envelope,
    size: mail.size,
    state: "sending",
    accepted: [],
    rejected: [],
    reply: null,
    downgrades: [],
    error: null,
    createdAt: now.getTime(),
    finishedAt: null,
    content: keepContent ? await mail.bytes() : null,
  };
}

/** Sends, and writes down what became of it before anybody is told. */
async function deliver(
  sending: () => Promise<Receipt>,
  connection: OpenConnection,
  { id, size }: MessageRecord,
  { store, clock }: Services,
): Promise<Receipt> {
  let receipt: Receipt;
  try {
    receipt = await sending();
  } catch (thrown) {
    const error = withHint(thrown, connection.host);
    await store.messages.finish(id, failed(error, size, clock().getTime()));
    await connection.note(error);
    throw error;
  }
  try {
    await store.messages.finish(id, succeeded(receipt, clock().getTime()));
  } catch (cause) {
    const detail = "The mail server accepted the message, but that could not be written down.";
    throw new MailError("delivery-unknown", detail, { phase: "body", retryable: false, reply: receipt.reply, cause });
  }
  await connection.note();
  return receipt;
}

function succeeded(receipt: Receipt, finishedAt: number): MessageOutcome {
  const { accepted, rejected, unknown = [], reply, downgrades, size } = receipt;
  return {
    state: rejected.length + unknown.length === 0 ? "sent" : "partial",
    accepted,
    rejected,
    reply: reply ?? null,
    downgrades,
    size,
    error: null,
    finishedAt,
    keepsIdempotency: true,
  };
}

function failed(error: unknown, size: number, finishedAt: number): MessageOutcome {
  const {
    code,
    phase,
    message,
    retryable,
    reply = null,
    recipients = [],
  } = isMailError(error)
    ? error
    : new MailError("delivery-unknown", "The send failed inside the server.", { phase: "body", retryable: false });
  return {
    state: code === "delivery-unknown" ? "unknown" : "failed",
    accepted: [],
    rejected: recipients,
    reply,
    downgrades: [],
    size,
    error: { code, phase, detail: message, retryable },
    finishedAt,
    keepsIdempotency: isLastWord(error),
  };
}

/** False for a failure after which the same request may try again: nothing was sent, and it is not the request's fault. */
function isLastWord(error: unknown): boolean {
  const { code, status } = toProblem(error, { requestId: "", seesConnections: true });
  return code === "delivery-unknown" || code === "internal-error" || (status < 500 && status !== 429);
}
