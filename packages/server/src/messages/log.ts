import * as z from "zod";
import type { MessageRecord } from "../store/store.ts";
import { unknownOf } from "./answer.ts";

/** Filters and pages of the log, as they stand in a query. */
export const logQuerySchema = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20).describe("Messages per page."),
    cursor: z.uuid().optional().describe("`next` of the page before."),
    state: z.enum(["sending", "sent", "partial", "failed", "unknown"]).optional(),
    connection: z.string().optional(),
    recipient: z.string().optional().describe("An envelope address."),
    key: z.string().optional().describe("Id of an API key; only with the scope keys:write."),
  })
  .meta({ id: "LogQuery" });

/** A message of the log, as it is shown. */
export function presentMessage(record: MessageRecord) {
  const { id, state, connection, key, messageId, subject, envelope, size, createdAt, finishedAt } = record;
  const { accepted, rejected, reply, downgrades, error } = record;
  return {
    id,
    state,
    connection,
    key,
    messageId,
    subject,
    envelope,
    size,
    accepted,
    rejected,
    unknown: unknownOf(record),
    reply,
    downgrades,
    error,
    createdAt: new Date(createdAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    ms: finishedAt === null ? null : finishedAt - createdAt,
  };
}
