import { Hono } from "hono";
import type { RequestContext, Services } from "../context.ts";
import { readJson } from "../http/read-json.ts";
import { requireScope } from "../keys/scopes.ts";
import { parseSendBody } from "../messages/body-schema.ts";
import { readIdempotency, replay } from "../messages/idempotency.ts";
import { send } from "../messages/send.ts";

/** `/v1/messages`: sending, and the log of what was sent. */
export function messageRoutes(services: Services): Hono<RequestContext> {
  const routes = new Hono<RequestContext>();

  routes.post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { json, bytes } = await readJson(c.req.raw, services.limits);
    const body = parseSendBody(json);
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), "/v1/messages", bytes);
    const { answer, first } = await send(services, { key, body, idempotency });
    if (answer !== undefined) return c.json(answer);
    c.set("replayed", true);
    return c.json(replay(first, idempotency));
  });

  return routes;
}
