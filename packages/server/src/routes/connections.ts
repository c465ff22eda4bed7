import type { SmtpConnection } from "@edgepost/core";
import { connectionSchema } from "@edgepost/core/schema";
import { Hono } from "hono";
import * as z from "zod";
import { connectionNotFound, type StoredConnection } from "../connections/connection-book.ts";
import { connectionFormSchema, parseNewConnection, parseReach } from "../connections/connection-form.ts";
import { verify } from "../connections/verify.ts";
import type { RequestContext, Services } from "../context.ts";
import { viewerOf } from "../http/middleware.ts";
import { parseBody } from "../http/parse-body.ts";
import { prefersMinimal } from "../http/prefer.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { type ApiKey, mayUse, requireScope } from "../keys/scopes.ts";
import type { ConnectionRecord } from "../store/store.ts";

const testMessage = { to: z.string().optional().describe("Sends a test message there, when the connection works.") };

export const verifyBodySchema = z.strictObject(testMessage).meta({ id: "VerifyBody" });

export const verifyCandidateSchema = connectionSchema.extend(testMessage).meta({ id: "VerifyCandidate" });

/** Any of the fields; null takes one away. */
export const changeConnectionSchema = connectionFormSchema.partial().meta({ id: "ChangeConnection" });

/** `/v1/connections`: stored connections. Names may be paths, and so take the rest of the URL. */
export function connectionRoutes(services: Services): Hono<RequestContext> {
  const { book } = services;
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.get("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:use");
    const configured = services.connections.listConfigured();
    const isHidden = (name: string) => configured.some((own) => own.name === name);
    const stored = (await book.list()).map(({ record }) => record).filter(({ name }) => !isHidden(name));
    const connections = [
      ...stored.map((record) => summarize(record)),
      ...configured.map((own) => summarize({ ...own, system: false }, { readOnly: true })),
    ];
    return c.json({ connections: connections.filter(({ name }) => mayUse(key, name)) });
  });

  routes.post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const form = parseNewConnection((await readJson(c.req.raw, limits)).json);
    if (!mayUse(key, form.name)) throw new RequestProblem("forbidden", "This API key is limited to other connections.");
    refuseSystem(key, form);
    const stored = await book.create(form);
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

  routes.get("/:name{.+}", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const name = c.req.param("name");
    const stored = mayUse(key, name) ? await book.find(name) : undefined;
    if (stored === undefined) throw connectionNotFound();
    return c.json(present(stored));
  });

  routes.patch("/:name{.+}", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const name = c.req.param("name");
    if (!mayUse(key, name)) throw connectionNotFound();
    const { json } = await readJson(c.req.raw, limits);
    refuseSystem(key, json);
    const stored = await book.change(name, json);
    return prefersMinimal(c) ? c.body(null, 204) : c.json(present(stored));
  });

  routes.delete("/:name{.+}", async (c) => {
    const key = c.get("key");
    requireScope(key, "connections:write");
    const name = c.req.param("name");
    if (!mayUse(key, name) || !(await book.remove(name))) throw connectionNotFound();
    return c.body(null, 204);
  });

  return routes;
}

/** The mail of everybody who names no connection goes there: not for who is limited to some of them to say. */
function refuseSystem({ connections }: ApiKey, form: unknown): void {
  const wantsSystem = typeof form === "object" && form !== null && "system" in form && form.system === true;
  if (wantsSystem && connections !== null)
    throw new RequestProblem(
      "forbidden",
      "This API key is limited to some connections, and cannot make one the system's.",
    );
}

type Summarized = Pick<ConnectionRecord, "name" | "system" | "lastUsedAt" | "lastError">;

/** For choosing one: whoever may send through it may know this much. */
function summarize({ name, system, lastUsedAt, lastError }: Summarized, { readOnly = false } = {}) {
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
    ...summarize(stored.record),
    ...connection,
    ...policy,
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
  };
}

function toTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
