import { Hono } from "hono";
import * as z from "zod";
import type { RequestContext, Services } from "../context.ts";
import { parseBody, parseQuery } from "../http/parse-body.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { requireScope } from "../keys/scopes.ts";
import type { AlertRecord, AlertStore } from "../store/alert-record.ts";

export const alertQuerySchema = z
  .strictObject({
    state: z.enum(["open", "all"]).default("open").describe("Those that are not over, or all of them."),
    limit: z.coerce.number().int().min(1).max(100).default(20).describe("The last raised first."),
  })
  .meta({ id: "AlertQuery" });

export const muteAlertSchema = z
  .strictObject({
    until: z.iso
      .datetime({ offset: true })
      .nullable()
      .describe("Nobody is told of it before, however often it is raised; null ends that."),
  })
  .meta({ id: "MuteAlert" });

/** `/v1/alerts`: what somebody should know, and has to say that he does. */
export function alertRoutes({ store, clock, ...services }: Services): Hono<RequestContext> {
  const { alerts } = store;
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.use(async (c, next) => {
    requireScope(c.get("key"), "alerts:write");
    await next();
  });

  routes.get("/", async (c) => {
    const { state, limit } = parseQuery(alertQuerySchema, c.req.query());
    return c.json({ alerts: (await alerts.list({ openOnly: state === "open", limit })).map(present) });
  });

  routes.post("/:id/acknowledge", async (c) => {
    const { id, kind } = await find(alerts, c.req.param("id"));
    const now = clock().getTime();
    await alerts.update(id, { acknowledgedAt: now });
    // There is nothing else that could end it.
    if (kind === "key.new-place") await alerts.resolve(id, now);
    return c.json(present(await find(alerts, id)));
  });

  routes.post("/:id/mute", async (c) => {
    const { id } = await find(alerts, c.req.param("id"));
    const { until } = parseBody(muteAlertSchema, (await readJson(c.req.raw, limits)).json);
    await alerts.update(id, { mutedUntil: until === null ? null : Date.parse(until) });
    return c.json(present(await find(alerts, id)));
  });

  return routes;
}

async function find(alerts: AlertStore, id: string): Promise<AlertRecord> {
  const alert = await alerts.find(id);
  if (alert === undefined) throw new RequestProblem("not-found", "There is no such alert.");
  return alert;
}

function present({ raisedAt, seenAt, resolvedAt, acknowledgedAt, mutedUntil, ...alert }: AlertRecord) {
  return {
    ...alert,
    raisedAt: toTime(raisedAt),
    seenAt: toTime(seenAt),
    resolvedAt: toTime(resolvedAt),
    acknowledgedAt: toTime(acknowledgedAt),
    mutedUntil: toTime(mutedUntil),
  };
}

function toTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
