import { createMailer } from "@edgepost/core";
import { Hono } from "hono";
import { toAnswer } from "../answer.ts";
import { requireScope } from "../authorize.ts";
import { parseSendBody } from "../body-schema.ts";
import type { RequestContext, Services } from "../context.ts";
import { createId } from "../ids.ts";
import { limitSize } from "../limit-size.ts";
import { readJson } from "../read-json.ts";

/** `POST /v1/messages`: one message, through one connection. */
export function messageRoutes(services: Services): Hono<RequestContext> {
  const { connections, limits, clock, random } = services;

  return new Hono<RequestContext>().post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "messages:send");
    const { connection, recipients, message } = parseSendBody(await readJson(c.req.raw, limits));

    const id = createId(clock(), random);
    const { transport, defaults, release } = connections.open(connection, key);
    try {
      const limited = limitSize(transport, limits.maxMessageBytes);
      const mailer = createMailer({ transport: limited, defaults, clock, random });
      return c.json(toAnswer(id, await mailer.send(message, { recipients })));
    } finally {
      await release();
    }
  });
}
