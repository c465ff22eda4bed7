import type { SmtpConnection } from "@edgepost/core";
import { connectionSchema } from "@edgepost/core/schema";
import { Hono } from "hono";
import * as z from "zod";
import type { StoredConnection } from "../connections/connection-book.ts";
import { connectionFormSchema, parseReach } from "../connections/connection-form.ts";
import {
  changeConnection,
  createConnection,
  findConnection,
  type ListedConnection,
  listConnections,
  removeConnection,
} from "../connections/manage-connections.ts";
import { verify } from "../connections/verify.ts";
import type { RequestContext, Services } from "../context.ts";
import { viewerOf } from "../http/middleware.ts";
import { parseBody } from "../http/parse-body.ts";
import { prefersMinimal } from "../http/prefer.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { requireScope } from "../keys/scopes.ts";

const testMessage = { to: z.string().optional().describe("Sends a test message there, when the connection works.") };

export const verifyBodySchema = z.strictObject(testMessage).meta({ id: "VerifyBody" });

export const verifyCandidateSchema = connectionSchema.extend(testMessage).meta({ id: "VerifyCandidate" });

/** Any of the fields; null takes one away. */
export const changeConnectionSchema = connectionFormSchema.partial().meta({ id: "ChangeConnection" });

/** `/v1/connections`: stored connections. Names may be paths, and so take the rest of the URL. */
export function connectionRoutes(services: Services): Hono<RequestContext> {
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.get("/", async (c) => {
    const connections = await listConnections(services, c.get("key"));
    return c.json({ connections: connections.map(summarize) });
  });

  routes.post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const stored = await createConnection(services, key, (await readJson(c.req.raw, limits)).json);
    const location = `/v1/connections/${stored.record.name}`;
    return prefersMinimal(c) ? c.body(null, 201, { location }) : c.json(present(stored), 201, { location });
  });

  routes.post("/verify", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const { json } = await readJson(c.req.raw, limits);
    const { to, ...connection } = parseBody(z.looseObject(testMessage), json);
    if (to !== undefined) requireScope(key, "connections:inline");
    const candidate = connection as unknown as SmtpConnection;
    parseReach(candidate);
    return c.json(await verify(services, { key, connection: candidate, to, viewer: viewerOf(c) }));
  });

  routes.post("/:name{.+}/verify", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:use");
    const hasBody = c.req.header("content-type") !== undefined;
    const { to } = hasBody ? parseBody(verifyBodySchema, (await readJson(c.req.raw, limits)).json) : {};
    if (to !== undefined) requireScope(key, "messages:send");
    return c.json(await verify(services, { key, connection: c.req.param("name"), to, viewer: viewerOf(c) }));
  });

  routes.get("/:name{.+}", async (c) =>
    c.json(present(await findConnection(services, c.get("key"), c.req.param("name")))),
  );

  routes.patch("/:name{.+}", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const patch = (await readJson(c.req.raw, limits)).json;
    const stored = await changeConnection(services, key, c.req.param("name"), patch);
    return prefersMinimal(c) ? c.body(null, 204) : c.json(present(stored));
  });

  routes.delete("/:name{.+}", async (c) => {
    await removeConnection(services, c.get("key"), c.req.param("name"));
    return c.body(null, 204);
  });

  return routes;
}

function summarize({ name, system, readOnly, lastUsedAt, lastError }: Omit<ListedConnection, "stored">) {
  return {
    name,
    system,
    readOnly,
    status: lastUsedAt === null ? "unused" : lastError === null ? "ok" : "failing",
    lastUsedAt: toTime(lastUsedAt),
    lastError,
  };
}

/** Everything, with masks where secrets are. */
function present(stored: StoredConnection) {
  const { createdAt, updatedAt } = stored.record;
  const { connection, ...policy } = stored.form;
  return {
    ...summarize({ ...stored.record, readOnly: false }),
    ...connection,
    ...policy,
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
  };
}

function toTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
