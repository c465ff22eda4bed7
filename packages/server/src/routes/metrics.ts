import { Hono } from "hono";
import type { RequestContext, Services } from "../context.ts";
import { requireScope } from "../keys/scopes.ts";
import { collectMetrics } from "../metrics/collect.ts";
import { EXPOSITION_TYPE, toExposition } from "../metrics/exposition.ts";

/** `GET /metrics`, for Prometheus and those who read what it reads. A scraper has an API key as any other program. */
export function metricRoutes(services: Services): Hono<RequestContext> {
  return new Hono<RequestContext>().get("/", async (c) => {
    requireScope(c.get("key"), "metrics:read");
    return c.body(toExposition(await collectMetrics(services)), 200, { "content-type": EXPOSITION_TYPE });
  });
}
