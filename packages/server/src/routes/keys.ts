import { Hono } from "hono";
import * as z from "zod";
import { CONNECTION_NAME } from "../connections/connection-name.ts";
import type { RequestContext, Services } from "../context.ts";
import { parseBody } from "../http/parse-body.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { type ApiKey, mayUse, requireScope, SCOPES } from "../keys/scopes.ts";
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
export function keyRoutes({ store, keyring, clock, ...services }: Services): Hono<RequestContext> {
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.get("/", async (c) => {
    requireScope(c.get("key"), "keys:write");
    return c.json({ keys: (await store.keys.list()).map(present) });
  });

  routes.post("/", async (c) => {
    requireScope(c.get("key"), "keys:write");
    const body = parseBody(newKeySchema, (await readJson(c.req.raw, limits)).json);
    const expiresAt = body.expiresAt === undefined ? null : Date.parse(body.expiresAt);
    const key = { name: body.name, scopes: body.scopes, connections: body.connections ?? null, expiresAt };
    refuseMore(key, c.get("key"));
    if (expiresAt !== null && expiresAt <= clock().getTime()) throw expired();
    const { record, token } = await keyring.create(key);
    return c.json({ ...present(record), token }, 201, { location: `/v1/keys/${record.id}` });
  });

  routes.delete("/:id", async (c) => {
    requireScope(c.get("key"), "keys:write");
    if (!(await store.keys.remove(c.req.param("id")))) throw new RequestProblem("not-found", "There is no such key.");
    return c.body(null, 204);
  });

  return routes;
}

/** Nobody can give away what he does not have. */
function refuseMore(wanted: Pick<ApiKey, "scopes" | "connections" | "expiresAt">, own: ApiKey): void {
  const scope = wanted.scopes.find((scope) => !own.scopes.includes(scope));
  if (scope !== undefined) requireScope(own, scope);
  const isWithin = own.connections === null || wanted.connections?.every((name) => mayUse(own, name)) === true;
  if (!isWithin)
    throw new RequestProblem("forbidden", "This API key can only give away the connections it may use itself.");
  if (own.expiresAt !== null && (wanted.expiresAt ?? Number.POSITIVE_INFINITY) > own.expiresAt)
    throw new RequestProblem("forbidden", "This API key can make none that outlives it.");
}

function expired(): RequestProblem {
  const errors = [{ pointer: "/expiresAt", detail: "is in the past" }];
  return new RequestProblem("invalid-body", "/expiresAt is in the past.", { errors });
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
