import { isMailError, MailError, type MessageInput, type Receipt, type SendOptions } from "@edgepost/core";
import type { OpenConnection } from "../connections/connections.ts";
import { withHint } from "../connections/providers.ts";
import type { Services } from "../context.ts";
import { toProblem } from "../http/problem.ts";
import { type ApiKey, requireScope } from "../keys/scopes.ts";
import { STALE_MS } from "../maintenance.ts";
import type { Idempotency, MessageOutcome, MessageRecord } from "../store/message-record.ts";
import { FIRST_LEASE } from "../store/outbox.ts";
import { traceAttempt } from "../telemetry.ts";
import { type SendAnswer, toAnswer } from "./answer.ts";
import { build } from "./build.ts";
import { failedInside, toFailure } from "./failure.ts";
import { IDEMPOTENCY_MS } from "./idempotency.ts";
import { afterError, afterReceipt, giveUp, stateOf } from "./recipients.ts";
import { toBody, toRecord } from "./record.ts";
import type { SendBody } from "./send-body.ts";
import { settle } from "./settle.ts";
import { asSuppressed, everybodySuppressed, forWaiting, isSuppressed } from "./suppressed.ts";
import { startTranscript } from "./transcript.ts";

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
export async function send(services: Services, request: SendRequest): Promise<Sent> {
  const { store, clock, limits, keepContent, suppressions } = services;
  const { key, body } = request;
  const idempotentSince = clock().getTime() - IDEMPOTENCY_MS;
  const known = await findFirst(services, request, idempotentSince);
  if (known !== undefined) return { first: known };

  const connection = await openFor(services, key, body);
  try {
    const mail = await settle(await build(services, body, connection), limits.maxMessageBytes);

    const leave = await connection.enter();
    try {
      const written = toRecord(mail, request, connection.name, services);
      const message = { ...written, recipients: await suppressions.apply(connection.name, written.recipients) };
      const content = keepContent ? await toBody(mail, true) : null;
      if (isSuppressed(message)) {
        const over = { message: asSuppressed(message), body: content, leaseUntil: null };
        const first = await store.messages.begin(over, idempotentSince);
        if (first !== undefined) return { first };
        services.metrics.countMessage("suppressed");
        throw everybodySuppressed();
      }
      const leaseUntil = message.createdAt + STALE_MS;
      const first = await store.messages.begin({ message, body: content, leaseUntil }, idempotentSince);
      if (first !== undefined) return { first };

      // The next one may go on while what became of this one is written down.
      const { transport } = connection;
      const asked = forWaiting(mail, message);
      const sending = (trace: SendOptions["trace"]) =>
        transport.send(asked, { recipients: body.recipients, trace }).finally(leave);
      return { answer: await deliver(sending, connection, message, services) };
    } finally {
      leave();
    }
  } finally {
    await connection.release();
  }
}

/** The message that an equal request made before. */
export async function findFirst(
  { store }: Services,
  { key, idempotency }: SendRequest,
  since: number,
): Promise<MessageRecord | undefined> {
  return idempotency === null ? undefined : store.messages.findRequest(key.id, idempotency, since);
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

/** Sends, and writes down what became of it before anybody is told. */
async function deliver(
  sending: (trace: SendOptions["trace"]) => Promise<Receipt>,
  connection: OpenConnection,
  record: MessageRecord,
  services: Services,
): Promise<SendAnswer> {
  const { store, clock, suppressions, metrics } = services;
  const ended = (error?: unknown) => metrics.countAttempt(error, clock().getTime() - record.createdAt);
  const transcript = startTranscript(services, connection);
  const attempted = { id: record.id, number: 1, host: connection.host };
  const writeDown = async (outcome: MessageOutcome, keepsIdempotency: boolean) => {
    await store.outbox.settle(
      { id: record.id, ...FIRST_LEASE },
      {
        message: outcome,
        at: clock().getTime(),
        keepsIdempotency,
        isInterruption: false,
        transcript: transcript?.lines(),
      },
    );
    metrics.countMessage(outcome.state);
    await suppressions.learn(connection, record.recipients, outcome.recipients);
  };
  let receipt: Receipt;
  try {
    receipt = await traceAttempt(services.telemetry, attempted, () => sending(transcript?.add));
    ended();
  } catch (thrown) {
    const error = withHint(thrown, connection.host);
    ended(error);
    await writeDown(failed(record, error, clock().getTime()), isLastWord(error));
    await connection.note(error);
    throw error;
  }
  const outcome = succeeded(record, receipt, clock().getTime());
  try {
    await writeDown(outcome, true);
  } catch (cause) {
    const detail = "The mail server accepted the message, but that could not be written down.";
    throw new MailError("delivery-unknown", detail, { phase: "body", retryable: false, reply: receipt.reply, cause });
  }
  await connection.note();
  return toAnswer({ ...record, ...outcome });
}

function succeeded({ recipients }: MessageRecord, receipt: Receipt, finishedAt: number): MessageOutcome {
  const { reply = null, downgrades, size } = receipt;
  const ended = giveUp(afterReceipt(recipients, receipt));
  return { state: stateOf(ended), recipients: ended, reply, downgrades, size, error: null, dueAt: null, finishedAt };
}

function failed({ recipients, size }: MessageRecord, thrown: unknown, finishedAt: number): MessageOutcome {
  const error = isMailError(thrown) ? thrown : failedInside(thrown);
  const ended = giveUp(afterError(recipients, error));
  return {
    state: stateOf(ended),
    recipients: ended,
    reply: error.reply ?? null,
    downgrades: [],
    size,
    error: toFailure(error),
    dueAt: null,
    finishedAt,
  };
}

/** False for a failure after which the same request may try again: nothing was sent, and it is not the request's fault. */
function isLastWord(error: unknown): boolean {
  const { code, status } = toProblem(error, { requestId: "", seesConnections: true });
  return code === "delivery-unknown" || code === "internal-error" || (status < 500 && status !== 429);
}
