import * as z from "zod";
import type { Viewer } from "../http/problem.ts";
import type { EventRecord } from "../store/event-record.ts";
import { MESSAGE_STATES, type MessageRecord } from "../store/message-record.ts";
import type { AttemptRecord } from "../store/outbox.ts";
import { acceptedOf, rejectedOf, suppressedOf, unknownOf } from "./recipients.ts";
import { ofTheMessage } from "./transcript.ts";

/** Filters and pages of the log, as they stand in a query. */
export const logQuerySchema = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20).describe("Messages per page."),
    cursor: z.uuid().optional().describe("`next` of the page before."),
    state: z.enum(MESSAGE_STATES).optional(),
    connection: z.string().optional(),
    recipient: z.string().optional().describe("An envelope address."),
    key: z.string().optional().describe("Id of an API key; only with the scope keys:write."),
  })
  .meta({ id: "LogQuery" });

/** A message of the log, as it is shown. */
export function presentMessage(record: MessageRecord) {
  const { id, state, connection, key, messageId, subject, envelope, size, createdAt, finishedAt } = record;
  const { recipients, reply, downgrades, error, onUnknown, attempts, dueAt, expiresAt } = record;
  return {
    id,
    state,
    connection,
    key,
    messageId,
    subject,
    envelope,
    size,
    accepted: acceptedOf(record),
    rejected: rejectedOf(record),
    unknown: unknownOf(record),
    suppressed: suppressedOf(record),
    recipients,
    reply,
    downgrades,
    error,
    onUnknown,
    attempts,
    createdAt: toTime(createdAt),
    dueAt: dueAt === null ? null : toTime(dueAt),
    expiresAt: expiresAt === null ? null : toTime(expiresAt),
    finishedAt: finishedAt === null ? null : toTime(finishedAt),
    ms: finishedAt === null ? null : finishedAt - createdAt,
  };
}

/** One attempt of a message, as it is shown. */
export function presentAttempt(attempt: AttemptRecord, { seesConnections }: Viewer) {
  const { number, stage, openedAt, finalAt, endedAt, reply, error, transcript } = attempt;
  return {
    number,
    stage,
    openedAt: toTime(openedAt),
    finalAt: finalAt === null ? null : toTime(finalAt),
    endedAt: endedAt === null ? null : toTime(endedAt),
    reply,
    error,
    transcript: transcript === null || seesConnections ? transcript : ofTheMessage(transcript),
  };
}

/** What happened, as it is shown. */
export function presentEvent({ id, type, at, message, connection, data }: EventRecord) {
  return { id, type, at: toTime(at), message, connection, data };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
