import { type Context, Hono } from "hono";
import * as z from "zod";
import type { RequestContext, Services } from "../context.ts";
import { toBase64 } from "../encoding.ts";
import { viewerOf } from "../http/middleware.ts";
import { parseBody, parseQuery } from "../http/parse-body.ts";
import { applyPreference, prefersMinimal } from "../http/prefer.ts";
import { readJson } from "../http/read-json.ts";
import { requireScope } from "../keys/scopes.ts";
import { settleInterrupted } from "../maintenance.ts";
import type { SendAnswer } from "../messages/answer.ts";
import { sendBatch } from "../messages/batch.ts";
import { enqueue } from "../messages/enqueue.ts";
import { readIdempotency, refuseOtherRequest, replay } from "../messages/idempotency.ts";
import { logQuerySchema, presentAttempt, presentEvent, presentMessage } from "../messages/log.ts";
import { preview } from "../messages/preview.ts";
import { readSendBody } from "../messages/read-send-body.ts";
import { send } from "../messages/send.ts";
import { sendAtSchema } from "../messages/send-body.ts";
import { findVisible, ownOnly } from "../messages/visibility.ts";
import { cancel, reschedule, retry } from "../messages/waiting.ts";
import type { Idempotency, MessageRecord } from "../store/message-record.ts";

export const changeMessageSchema = z
  .strictObject({ sendAt: sendAtSchema.describe("When it is to be sent.") })
  .meta({ id: "ChangeMessage" });

export const retryMessageSchema = z
  .strictObject({
    recipients: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Whom to try again. Default: everybody who was refused; not those of whom it is unknown."),
  })
  .meta({ id: "RetryMessage" });

/** `/v1/messages`: sending, now or later, and the log of what was sent. */
export function messageRoutes(services: Services): Hono<RequestContext> {
  const { store, limits, clock, queue } = services;
  // The message itself, and a ready one in its place.
  const bodyLimits = { ...limits, maxParts: limits.maxAttachments + 2 };
  const routes = new Hono<RequestContext>();
  // Without a queue this preference is not heard, as any may be (RFC 7240 section 2).
  const prefersAsync = (c: Context) => queue !== undefined && applyPreference(c, "respond-async");

  routes.post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { body, bytes } = await readSendBody(c.req.raw, bodyLimits);
    const idempotency = await readIdempotency(c.req.header("idempotency-key"), "/v1/messages", bytes);
    const request = { key, body, idempotency };
    if (prefersAsync(c) || body.sendAt !== undefined) {
      const { message, isReplay } = await enqueue(services, request);
      return isReplay ? answerAgain(c, message, idempotency) : answerWaiting(c, message);
    }
    const { answer, first } = await send(services, request);
    return first === undefined ? answerSend(c, answer) : answerAgain(c, first, idempotency);
  });

  routes.post("/batch", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { json } = await readJson(c.req.raw, limits);
    const idempotencyKey = c.req.header("idempotency-key");
    const request = { key, body: json, idempotencyKey, viewer: viewerOf(c), isAsync: prefersAsync(c) };
    const results = await sendBatch(services, request);
    const success = results.every((result) => "success" in result && result.success);
    return c.json({ success, results }, results.some((result) => "state" in result) ? 202 : 200);
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
    await settleInterrupted(services, clock().getTime());
    const messages = await store.messages.list({ ...filters, ...ownOnly(key), before: cursor, limit: limit + 1 });
    const page = messages.slice(0, limit);
    const next = messages.length > limit ? (page.at(-1)?.id ?? null) : null;
    return c.json({ messages: page.map(presentMessage), next });
  });

  routes.get("/:id", async (c) => {
    requireScope(c.get("key"), "messages:read");
    await settleInterrupted(services, clock().getTime());
    const message = await findVisible(store, c.req.param("id"), c.get("key"));
    const body = await store.messages.body(message.id);
    return c.json({ ...presentMessage(message), content: body === undefined ? null : toBase64(body.bytes) });
  });

  routes.get("/:id/events", async (c) => {
    requireScope(c.get("key"), "messages:read");
    const { id } = await findVisible(store, c.req.param("id"), c.get("key"));
    const [attempts, events] = await Promise.all([store.outbox.attempts(id), store.events.ofMessage(id)]);
    return c.json({
      attempts: attempts.map((attempt) => presentAttempt(attempt, viewerOf(c))),
      events: events.map(presentEvent),
    });
  });

  routes.patch("/:id", async (c) => {
    requireScope(c.get("key"), "messages:send");
    const { sendAt } = parseBody(changeMessageSchema, (await readJson(c.req.raw, limits)).json);
    const message = await findVisible(store, c.req.param("id"), c.get("key"));
    return c.json(presentMessage(await reschedule(services, message, Date.parse(sendAt))));
  });

  routes.post("/:id/cancel", async (c) => {
    requireScope(c.get("key"), "messages:send");
    const message = await findVisible(store, c.req.param("id"), c.get("key"));
    return c.json(presentMessage(await cancel(services, message)));
  });

  routes.post("/:id/retry", async (c) => {
    requireScope(c.get("key"), "messages:send");
    const isEmpty = c.req.header("content-type") === undefined;
    const { recipients } = parseBody(retryMessageSchema, isEmpty ? {} : (await readJson(c.req.raw, limits)).json);
    const message = await findVisible(store, c.req.param("id"), c.get("key"));
    return answerWaiting(c, await retry(services, message, recipients));
  });

  return routes;
}

/** In full, unless the request would rather have nothing, and nobody was refused: that is always told. */
function answerSend(c: Context<RequestContext>, answer: SendAnswer): Response {
  if (answer.success && prefersMinimal(c)) return c.body(null, 204, { location: `/v1/messages/${answer.id}` });
  return c.json(answer);
}

/** What became of it is told at its own place. */
function answerWaiting(c: Context<RequestContext>, message: MessageRecord): Response {
  c.header("location", `/v1/messages/${message.id}`);
  return c.json(presentMessage(message), 202);
}

/** What an equal request was answered, or would be by now. */
function answerAgain(c: Context<RequestContext>, first: MessageRecord, idempotency: Idempotency | null): Response {
  c.set("replayed", true);
  if (first.expiresAt === null) return answerSend(c, replay(first, idempotency));
  refuseOtherRequest(first, idempotency);
  return answerWaiting(c, first);
}
