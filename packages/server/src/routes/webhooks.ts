import { Hono } from "hono";
import * as z from "zod";
import type { RequestContext, Services } from "../context.ts";
import { parseBody, parseQuery } from "../http/parse-body.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { requireScope } from "../keys/scopes.ts";
import { EVENT_TYPES } from "../store/event-record.ts";
import { DELIVERY_STATES, type DeliveryRecord, type WebhookRecord } from "../store/webhook-record.ts";
import type { MadeWebhook } from "../webhooks/webhook-book.ts";

const formFields = {
  url: z.string().max(2000).describe("Where it is told: an https URL on a public host."),
  description: z.string().max(200).nullable().optional().describe("For people."),
  events: z
    .array(z.enum(EVENT_TYPES))
    .min(1)
    .nullable()
    .optional()
    .describe("What it is told of. Default: everything."),
};

export const newWebhookSchema = z.strictObject(formFields).meta({ id: "NewWebhook" });

export const changeWebhookSchema = z
  .strictObject({ ...formFields, enabled: z.boolean() })
  .partial()
  .meta({ id: "ChangeWebhook" });

export const deliveryQuerySchema = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20).describe("Deliveries per page."),
    cursor: z.uuid().optional().describe("`next` of the page before."),
    state: z.enum(DELIVERY_STATES).optional(),
  })
  .meta({ id: "DeliveryQuery" });

/** `/v1/webhooks`: who is told of events, and what became of each telling. */
export function webhookRoutes({ store, webhooks, clock, ...services }: Services): Hono<RequestContext> {
  const { book } = webhooks;
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.use(async (c, next) => {
    requireScope(c.get("key"), "webhooks:write");
    await next();
  });

  routes.get("/", async (c) => c.json({ webhooks: (await book.list(c.get("key"))).map(present) }));

  routes.post("/", async (c) => {
    const form = parseBody(newWebhookSchema, (await readJson(c.req.raw, limits)).json);
    const { url, description = null, events = null } = form;
    const made = await book.create({ url, description, events }, c.get("key"));
    return c.json(presentMade(made), 201, { location: `/v1/webhooks/${made.webhook.id}` });
  });

  routes.get("/:id", async (c) => c.json(present(await book.find(c.req.param("id"), c.get("key")))));

  routes.patch("/:id", async (c) => {
    const form = parseBody(changeWebhookSchema, (await readJson(c.req.raw, limits)).json);
    return c.json(present(await book.change(c.req.param("id"), form, c.get("key"))));
  });

  routes.delete("/:id", async (c) => {
    const { id } = await book.find(c.req.param("id"), c.get("key"));
    await store.webhooks.remove(id);
    return c.body(null, 204);
  });

  routes.post("/:id/rotate-secret", async (c) =>
    c.json(presentMade(await book.rotateSecret(c.req.param("id"), c.get("key")))),
  );

  routes.get("/:id/deliveries", async (c) => {
    const { id } = await book.find(c.req.param("id"), c.get("key"));
    const { limit, cursor, state } = parseQuery(deliveryQuerySchema, c.req.query());
    const deliveries = await store.webhooks.deliveries({ webhook: id, limit: limit + 1, before: cursor, state });
    const page = deliveries.slice(0, limit);
    const next = deliveries.length > limit ? (page.at(-1)?.id ?? null) : null;
    return c.json({ deliveries: page.map(presentDelivery), next });
  });

  routes.post("/:id/deliveries/:delivery/replay", async (c) => {
    const { id } = await book.find(c.req.param("id"), c.get("key"));
    const delivery = await store.webhooks.delivery(c.req.param("delivery"));
    if (delivery?.webhook !== id) throw new RequestProblem("not-found", "The webhook has no such delivery.");
    const again = { ...delivery, state: "waiting", dueAt: clock().getTime() } as const;
    await store.webhooks.settle(delivery.id, again);
    return c.json(presentDelivery(again), 202);
  });

  return routes;
}

function present(webhook: WebhookRecord) {
  const { id, key, url, description, events, disabled, failingSince, createdAt, updatedAt } = webhook;
  return {
    id,
    key,
    url,
    description,
    events,
    enabled: disabled === null,
    disabledReason: disabled,
    failingSince: toTime(failingSince),
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
  };
}

function presentMade({ webhook, secret }: MadeWebhook) {
  return { ...present(webhook), secret };
}

function presentDelivery({ id, event, type, state, payload, attempts, dueAt, createdAt }: DeliveryRecord) {
  return {
    id,
    event,
    type,
    state,
    payload: JSON.parse(payload),
    attempts: attempts.map((attempt) => ({ ...attempt, at: toTime(attempt.at) })),
    dueAt: toTime(dueAt),
    createdAt: toTime(createdAt),
  };
}

function toTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
