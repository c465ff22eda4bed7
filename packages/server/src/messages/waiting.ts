import type { Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";
import type { MessageOutcome, MessageRecord, MessageState, RecipientRecord } from "../store/message-record.ts";
import { isWaiting, stateOf } from "./recipients.ts";

/**
 * Makes a message that waits due at another time.
 * @throws RequestProblem `conflict` once sending began, or when it is over.
 */
export async function reschedule(services: Services, message: MessageRecord, sendAt: number): Promise<MessageRecord> {
  refuseUnless(WAITING, message);
  const now = services.clock().getTime();
  const dueAt = Math.max(now, sendAt);
  const state = message.attempts > 0 ? "deferred" : dueAt > now ? "scheduled" : "queued";
  // It keeps the time to live it had: what was to be tried for a day is tried for a day from then on.
  const expiresAt = dueAt + (message.expiresAt ?? dueAt) - (message.dueAt ?? dueAt);
  return revise(services, message, { ...message, state, dueAt }, expiresAt);
}

/**
 * Takes back a message that waits; those who have it already keep it.
 * @throws RequestProblem `conflict` once sending began, or when it is over.
 */
export async function cancel(services: Services, message: MessageRecord): Promise<MessageRecord> {
  refuseUnless(WAITING, message);
  const accepted = message.recipients.some(({ state }) => state === "accepted");
  const outcome = { ...message, state: accepted ? ("partial" as const) : ("cancelled" as const) };
  const finishedAt = services.clock().getTime();
  return revise(services, message, { ...outcome, dueAt: null, finishedAt }, message.expiresAt ?? finishedAt);
}

/**
 * Tries again now: a deferred message before its time, or one that was done with, to those who were refused or to those who
 * are named. Of whom nobody knows whether he has it is only sent to when he is named: he may get it twice.
 *
 * @throws RequestProblem `conflict` when there is nobody to send to, or its content was not kept; `invalid-body` for a
 *   recipient it has not, or who has it.
 */
export async function retry(
  services: Services,
  message: MessageRecord,
  named: readonly string[] | undefined,
): Promise<MessageRecord> {
  const { store, connections, clock, queue } = services;
  refuseUnless(RETRYABLE, message);
  const { connection } = message;
  if (queue === undefined || connection === null || (await store.messages.body(message.id)) === undefined) {
    throw new RequestProblem(
      "conflict",
      "The message cannot be sent again: its content or its connection was not kept.",
    );
  }
  const recipients = retried(message.recipients, named);
  const now = clock().getTime();
  const outcome = { ...message, state: stateOf(recipients), recipients, dueAt: now, finishedAt: null };
  const { maxAgeMs = queue.limits.maxAgeMs } = await connections.deliveryOf(connection);
  return revise(services, message, outcome, now + maxAgeMs);
}

const WAITING: readonly MessageState[] = ["queued", "scheduled", "deferred"];
const RETRYABLE: readonly MessageState[] = ["deferred", "failed", "partial", "unknown"];

function refuseUnless(states: readonly MessageState[], { state }: MessageRecord): void {
  if (!states.includes(state))
    throw new RequestProblem("conflict", `The message is ${state}: this is not possible any more.`);
}

function retried(
  recipients: readonly RecipientRecord[],
  named: readonly string[] | undefined,
): readonly RecipientRecord[] {
  const errors = (named ?? []).flatMap((address, index) => {
    const recipient = recipients.find((one) => one.address === address);
    if (recipient !== undefined && recipient.state !== "accepted") return [];
    const detail = recipient === undefined ? "is no recipient of the message" : "has the message already";
    return [{ pointer: `/recipients/${index}`, detail }];
  });
  if (errors.length > 0)
    throw new RequestProblem("invalid-body", "Not every recipient can be tried again.", { errors });
  const isMeant = ({ address, state }: RecipientRecord) =>
    named === undefined ? state === "rejected" || state === "deferred" : named.includes(address);
  const again = recipients.map((recipient) =>
    isMeant(recipient) ? { ...recipient, state: "deferred" as const } : recipient,
  );
  if (again.some(isWaiting)) return again;
  const detail = "Nobody is left to try again. Of whom it is unknown has to be named, since he may get it twice.";
  throw new RequestProblem("conflict", detail);
}

async function revise(
  { store, clock, queue }: Services,
  message: MessageRecord,
  outcome: MessageOutcome,
  expiresAt: number,
): Promise<MessageRecord> {
  const { id, connection } = message;
  if (!(await store.outbox.revise(message, outcome, expiresAt, clock().getTime()))) {
    throw new RequestProblem("conflict", "The message is being sent, or was changed just now.");
  }
  const { dueAt } = outcome;
  if (dueAt !== null && connection !== null) await queue?.engine.announce([{ id, connection, dueAt }]).catch(() => {});
  return { ...message, ...outcome, expiresAt };
}
