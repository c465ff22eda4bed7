import { Hono } from "hono";
import { PROVIDERS } from "../connections/providers.ts";
import type { RequestContext } from "../context.ts";

/** `GET /v1/providers`: settings of well-known mail services, for a form to choose from. */
export function providerRoutes(): Hono<RequestContext> {
  return new Hono<RequestContext>().get("/", (c) => c.json({ providers: PROVIDERS }));
}
