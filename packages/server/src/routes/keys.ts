import { Hono } from "hono";
import * as z from "zod";
import { CONNECTION_NAME } from "../connections/connection-name.ts";
import type { RequestContext, Services } from "../context.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { createKey, listKeys, revokeKey } from "../keys/manage-keys.ts";
import { requireScope, SCOPES } from "../keys/scopes.ts";
import type { KeyRecord } from "../store/store.ts";

export const newKeySchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe("For people and logs."),
    scopes: z.array(z.enum(SCOPES)).min(1),
    connections: z
      .array(z.string().regex(CONNECTION_NAME, "must be the name of a connection"))
      .optional()
      .describe("The stored connections it may use. Default: all."),
    expiresAt: z.iso.datetime({ offset: true }).optional().describe("Default: never."),
  })
  .meta({ id: "NewKey" });

/** `/v1/keys`: API keys in the store. A token is shown once, when its key is made. */
export function keyRoutes(services: Services): Hono<RequestContext> {
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.get("/", async (c) => c.json({ keys: (await listKeys(services, c.get("key"))).map(present) }));

  routes.post("/", async (c) => {
    requireScope(c.get("key"), "keys:write");
    const {
      expiresAt,
      connections = null,
      ...body
    } = parseBody(newKeySchema, (await readJson(c.req.raw, limits)).json);
    const wanted = { ...body, connections, expiresAt: expiresAt === undefined ? null : Date.parse(expiresAt) };
    const { record, token } = await createKey(services, c.get("key"), wanted);
    return c.json({ ...present(record), token }, 201, { location: `/v1/keys/${record.id}` });
  });

  routes.delete("/:id", async (c) => {
    await revokeKey(services, c.get("key"), c.req.param("id"));
    return c.body(null, 204);
  });

  return routes;
}

/** Everything but the hash. */
function present({ id, name, scopes, connections, createdAt, expiresAt }: KeyRecord) {
  return {
    id,
    name,
    scopes,
    connections,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
}
