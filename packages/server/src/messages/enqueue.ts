import { MailError } from "@edgepost/core";
import type { OpenConnection } from "../connections/connections.ts";
import type { Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";
import type { MessageRecord } from "../store/message-record.ts";
import { build } from "./build.ts";
import { IDEMPOTENCY_MS } from "./idempotency.ts";
import { toBody, toRecord } from "./record.ts";
import { findFirst, openFor, type SendRequest } from "./send.ts";
import { settle } from "./settle.ts";

/** The message that waits now, and whether an equal request had made it before. */
export interface Enqueued {
  readonly message: MessageRecord;
  readonly isReplay: boolean;
}

/**
 * Stores a message that will be sent later: at its time, or as soon as it is its turn. Everything about it is checked
 * now; once this resolves it survives the death of the process.
 *
 * @throws MailError, RequestProblem as `send` before anything is sent; `rate-limited` when too many wait already;
 *   `unsupported` without a queue, or for a connection that was brought along.
 */
export async function enqueue(services: Services, request: SendRequest): Promise<Enqueued> {
  const { store, clock, limits, queue } = services;
  if (queue === undefined) throw new MailError("unsupported", "This server keeps no messages for later.", INPUT);
  const idempotentSince = clock().getTime() - IDEMPOTENCY_MS;
  const known = await findFirst(services, request, idempotentSince);
  if (known !== undefined) return { message: known, isReplay: true };

  const connection = await openFor(services, request.key, request.body);
  try {
    const name = storedNameOf(connection);
    const mail = await settle(await build(services, request.body, connection), limits.maxMessageBytes);
    const message = asWaiting(toRecord(mail, request, name, services), request, connection, queue.limits.maxAgeMs);
    await queue.backlog.enter();
    const body = await toBody(mail, services.keepContent);
    const first = await store.messages.begin({ message, body, leaseUntil: null }, idempotentSince);
    if (first !== undefined) return { message: first, isReplay: true };
    // The row is what counts: an engine that was not told finds it by itself.
    await queue.engine.announce([{ id: message.id, connection: name, dueAt: dueAtOf(message) }]).catch(() => {});
    return { message, isReplay: false };
  } finally {
    await connection.release();
  }
}

const INPUT = { phase: "input" } as const;

/** A connection brought along would have to be kept with its secrets, and is gone with its request instead. */
function storedNameOf({ name }: OpenConnection): string {
  if (name !== null) return name;
  throw new RequestProblem("unsupported", "A message that waits needs a connection by name.", {
    errors: [{ pointer: "/connection", detail: "must be the name of a connection" }],
  });
}

function asWaiting(
  message: MessageRecord,
  { body }: SendRequest,
  { delivery }: OpenConnection,
  maxAgeMs: number,
): MessageRecord {
  const dueAt = Math.max(message.createdAt, body.sendAt ?? 0);
  return {
    ...message,
    state: dueAt > message.createdAt ? "scheduled" : "queued",
    attempts: 0,
    dueAt,
    expiresAt: dueAt + (delivery.maxAgeMs ?? maxAgeMs),
  };
}

export function dueAtOf({ dueAt, createdAt }: MessageRecord): number {
  return dueAt ?? createdAt;
}
