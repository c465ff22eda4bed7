import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import * as z from "zod";
import type { RequestContext, Services } from "../context.ts";
import { parseQuery } from "../http/parse-body.ts";
import { requireScope } from "../keys/scopes.ts";
import { presentEvent } from "../messages/log.ts";
import { ownOnly } from "../messages/visibility.ts";

export const eventQuerySchema = z
  .strictObject({ after: z.coerce.number().int().min(0).optional().describe("Id of the last event that was read.") })
  .meta({ id: "EventQuery" });

const LOOK_EVERY_MS = 500;
/** Proxies close what is silent for a minute or so. */
const COMMENT_EVERY_MS = 15_000;
const AT_ONCE = 100;

/**
 * `GET /v1/events`: what happens, as it happens, as server-sent events. It goes on from `Last-Event-ID`, which browsers send
 * by themselves, or from `after`; without either, from now.
 */
export function eventRoutes({ store, gate }: Services): Hono<RequestContext> {
  return new Hono<RequestContext>().get("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:read");
    const { after } = parseQuery(eventQuerySchema, c.req.query());
    const last = after ?? lastEventId(c.req.header("last-event-id")) ?? (await store.events.lastId());

    return streamSSE(c, async (stream) => {
      let cursor = last;
      let silentMs = 0;
      await stream.write(": the events follow\n\n");
      while (gate.isOpen && !stream.aborted) {
        const events = await store.events.list({ after: cursor, limit: AT_ONCE, ...ownOnly(key) });
        for (const event of events) {
          await stream.writeSSE({ id: String(event.id), event: event.type, data: JSON.stringify(presentEvent(event)) });
          cursor = event.id;
        }
        if (events.length === AT_ONCE) continue;
        silentMs = events.length > 0 ? 0 : silentMs + LOOK_EVERY_MS;
        if (silentMs % COMMENT_EVERY_MS === 0 && events.length === 0) await stream.write(": still there\n\n");
        await stream.sleep(LOOK_EVERY_MS);
      }
    });
  });
}

function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
