import { Hono } from "hono";
import { requireScope } from "../authorize.ts";
import { parseSendBody } from "../body-schema.ts";
import type { RequestContext, Services } from "../context.ts";
import { readJson } from "../read-json.ts";
import { send } from "../send.ts";

/** `POST /v1/messages`: one message, through one connection. */
export function messageRoutes(services: Services): Hono<RequestContext> {
  return new Hono<RequestContext>().post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const body = parseSendBody(await readJson(c.req.raw, services.limits));
    return c.json(await send(services, key, body));
  });
}
