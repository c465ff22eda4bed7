import * as z from "zod";
import type { Services } from "../context.ts";
import { type ProblemDetails, RequestProblem, toProblem, type Viewer } from "../http/problem.ts";
import type { ApiKey } from "../keys/scopes.ts";
import type { Idempotency, MessageRecord } from "../store/message-record.ts";
import type { SendAnswer } from "./answer.ts";
import { enqueue } from "./enqueue.ts";
import { readIdempotency, refuseOtherRequest, replay } from "./idempotency.ts";
import { presentMessage } from "./log.ts";
import { send } from "./send.ts";
import { parseSendBody, sendBodySchema } from "./send-body.ts";

/** More belong into more requests: an answer has to wait for the last. */
const MAX_MESSAGES = 100;
/** Messages under way at once, as many as a pool has connections. */
const CONCURRENCY = 5;

export const batchBodySchema = z
  .strictObject({ messages: z.array(sendBodySchema).min(1).max(MAX_MESSAGES) })
  .meta({ id: "BatchBody" });

/** One message of a batch: what a single send would have answered. */
export type BatchResult = { readonly index: number; readonly replayed: boolean } & (
  | SendAnswer
  | WaitingMessage
  | { readonly success: false; readonly problem: ProblemDetails }
);

/** One that will be sent later. */
type WaitingMessage = ReturnType<typeof presentMessage>;

export interface BatchRequest {
  readonly key: ApiKey;
  readonly body: unknown;
  /** Holds for each message by itself: those that were sent are not sent again, those that failed are tried again. */
  readonly idempotencyKey: string | undefined;
  /** True to store every message for later, as `sendAt` does for one. */
  readonly isAsync: boolean;
  /** Who is told of the messages that failed. */
  readonly viewer: Viewer;
}

/** Sends each message; one that fails never stops the rest. Results are in the order of the messages. */
export async function sendBatch(services: Services, request: BatchRequest): Promise<readonly BatchResult[]> {
  const messages = parseMessages(request.body);
  const results: BatchResult[] = [];
  const queue = messages.entries();

  async function work(): Promise<void> {
    for (const [index, message] of queue) results[index] = await sendOne(services, request, message, index);
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return results;
}

async function sendOne(
  services: Services,
  request: BatchRequest,
  message: unknown,
  index: number,
): Promise<BatchResult> {
  const { key, idempotencyKey, viewer, isAsync } = request;
  let replayed = false;
  try {
    const body = parseSendBody(message);
    const bytes = new TextEncoder().encode(JSON.stringify(message));
    const idempotency = await readIdempotency(idempotencyKey, `/v1/messages/batch#${index}`, bytes);
    if (isAsync || body.sendAt !== undefined) {
      const { message, isReplay } = await enqueue(services, { key, body, idempotency });
      replayed = isReplay;
      return { index, replayed, ...(isReplay ? again(message, idempotency) : presentMessage(message)) };
    }
    const { answer, first } = await send(services, { key, body, idempotency });
    replayed = first !== undefined;
    return { index, replayed, ...(first === undefined ? answer : again(first, idempotency)) };
  } catch (error) {
    return { index, replayed, success: false, problem: toProblem(error, viewer) };
  }
}

function again(first: MessageRecord, idempotency: Idempotency | null): SendAnswer | WaitingMessage {
  if (first.expiresAt === null) return replay(first, idempotency);
  refuseOtherRequest(first, idempotency);
  return presentMessage(first);
}

function parseMessages(body: unknown): readonly unknown[] {
  const { messages, ...others } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const isList = Array.isArray(messages) && messages.length >= 1 && messages.length <= MAX_MESSAGES;
  const errors = [
    ...(isList ? [] : [{ pointer: "/messages", detail: `must be a list of 1 to ${MAX_MESSAGES} messages` }]),
    ...Object.keys(others).map((name) => ({ pointer: `/${name}`, detail: "is not a known field" })),
  ];
  if (!isList || errors.length > 0) {
    const detail = errors.map((error) => `${error.pointer} ${error.detail}`).join("; ");
    throw new RequestProblem("invalid-body", detail, { errors });
  }
  return messages;
}
