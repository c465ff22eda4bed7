import { type Context, Hono } from "hono";
import type { RequestContext, Services } from "../context.ts";
import { toBase64 } from "../encoding.ts";
import { viewerOf } from "../http/middleware.ts";
import { parseQuery } from "../http/parse-body.ts";
import { prefersMinimal } from "../http/prefer.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson } from "../http/read-json.ts";
import { type ApiKey, requireScope } from "../keys/scopes.ts";
import { STALE_MS } from "../maintenance.ts";
import type { SendAnswer } from "../messages/answer.ts";
import { sendBatch } from "../messages/batch.ts";
import { readIdempotency, replay } from "../messages/idempotency.ts";
import { logQuerySchema, presentMessage } from "../messages/log.ts";
import { preview } from "../messages/preview.ts";
import { readSendBody } from "../messages/read-send-body.ts";
import { send } from "../messages/send.ts";

/** `/v1/messages`: sending, and the log of what was sent. */
export function messageRoutes(services: Services): Hono<RequestContext> {
  const { store, limits, clock } = services;
  // The message itself, and a ready one in its place.
  const bodyLimits = { ...limits, maxParts: limits.maxAttachments + 2 };
  const routes = new Hono<RequestContext>();

  routes.post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { body, bytes } = await readSendBody(c.req.raw, bodyLimits);
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), "/v1/messages", bytes);
    const { answer, first } = await send(services, { key, body, idempotency });
    if (first !== undefined) c.set("replayed", true);
    return answerSend(c, first === undefined ? answer : replay(first, idempotency));
  });

  routes.post("/batch", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { json } = await readJson(c.req.raw, limits);
    const idempotencyKey = c.req.header("idempotency-key");
    const results = await sendBatch(services, { key, body: json, idempotencyKey, viewer: viewerOf(c) });
    return c.json({ success: results.every(({ success }) => success), results });
  });

  routes.post("/preview", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { body } = await readSendBody(c.req.raw, bodyLimits);
    return c.json(await preview(services, key, body));
  });

  routes.get("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:read");
    const { cursor, limit, ...filters } = parseQuery(logQuerySchema, c.req.query());
    const own = seesAll(key) ? filters : { ...filters, key: key.id };
    await store.messages.interrupt(clock().getTime() - STALE_MS);
    const messages = await store.messages.list({ ...own, before: cursor, limit: limit + 1 });
    const page = messages.slice(0, limit);
    const next = messages.length > limit ? (page.at(-1)?.id ?? null) : null;
    return c.json({ messages: page.map(presentMessage), next });
  });

  routes.get("/:id", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:read");
    await store.messages.interrupt(clock().getTime() - STALE_MS);
    const message = await store.messages.find(c.req.param("id"));
    if (message === undefined || !(seesAll(key) || message.key === key.id)) {
      throw new RequestProblem("not-found", "The log has no such message, or none this API key may see.");
    }
    const content = message.content === null ? null : toBase64(message.content);
    return c.json({ ...presentMessage(message), content });
  });

  return routes;
}

/** In full, unless the request would rather have nothing, and nobody was refused: that is always told. */
function answerSend(c: Context<RequestContext>, answer: SendAnswer): Response {
  if (answer.success && prefersMinimal(c)) return c.body(null, 204, { location: `/v1/messages/${answer.id}` });
  return c.json(answer);
}

/** A key sees what it sent itself; one that manages keys sees what all of them sent. */
function seesAll({ scopes }: ApiKey): boolean {
  return scopes.includes("keys:write");
}
