import { type Issue, isMailError, parseAddress } from "@edgepost/core";
import { Hono } from "hono";
import * as z from "zod";
import { CONNECTION_NAME } from "../connections/connection-name.ts";
import type { RequestContext, Services } from "../context.ts";
import { parseBody, parseQuery } from "../http/parse-body.ts";
import { RequestProblem } from "../http/problem.ts";
import { readJson, settingsLimits } from "../http/read-json.ts";
import { type ApiKey, mayUse, requireScope } from "../keys/scopes.ts";
import { SUPPRESSION_REASONS, type SuppressionRecord } from "../store/suppression-record.ts";
import { suppressionForm } from "../suppressions/suppressions.ts";

export const suppressionQuerySchema = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20).describe("Entries per page."),
    cursor: z.uuid().optional().describe("`next` of the page before."),
    address: z.string().optional(),
    reason: z.enum(SUPPRESSION_REASONS).optional(),
    connection: z.string().optional().describe("Only entries for this connection."),
  })
  .meta({ id: "SuppressionQuery" });

export const newSuppressionSchema = z
  .strictObject({
    address: z.string().describe("Compared without regard to case."),
    connection: z
      .string()
      .regex(CONNECTION_NAME, "must be the name of a connection")
      .optional()
      .describe("The one connection it holds for. Default: all."),
    reason: z.enum(SUPPRESSION_REASONS).optional().describe("Default: manual."),
    note: z.string().max(1000).optional().describe("For people."),
    expiresAt: z.iso.datetime({ offset: true }).optional().describe("Default: never."),
  })
  .meta({ id: "NewSuppression" });

/** `/v1/suppressions`: who is written to no more. A key that is limited to connections has the entries of those. */
export function suppressionRoutes({ store, clock, newId, ...services }: Services): Hono<RequestContext> {
  const { suppressions } = store;
  const limits = settingsLimits(services.limits);
  const routes = new Hono<RequestContext>();

  routes.get("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "suppressions:write");
    const { cursor, limit, address, reason, connection } = parseQuery(suppressionQuerySchema, c.req.query());
    const entries = await suppressions.list({
      limit: limit + 1,
      before: cursor,
      address: address === undefined ? undefined : suppressionForm(address),
      reason,
      connections: connectionsOf(key, connection),
    });
    const page = entries.slice(0, limit);
    const next = entries.length > limit ? (page.at(-1)?.id ?? null) : null;
    return c.json({ suppressions: page.map(present), next });
  });

  routes.post("/", async (c) => {
    const key = c.get("key");
    requireScope(key, "suppressions:write");
    const {
      address,
      connection = null,
      ...body
    } = parseBody(newSuppressionSchema, (await readJson(c.req.raw, limits)).json);
    if (!isOpenTo(key, connection)) {
      throw new RequestProblem("forbidden", "This API key is limited to some connections: name one of them.");
    }
    const now = clock();
    const expiresAt = body.expiresAt === undefined ? null : Date.parse(body.expiresAt);
    if (expiresAt !== null && expiresAt <= now.getTime()) throw invalid("/expiresAt", "is in the past");
    const { reason = "manual", note = null } = body;
    const facts = { address: readAddress(address), connection, reason, note, expiresAt };
    const entry = await suppressions.put({ id: newId(now), ...facts, createdAt: now.getTime() });
    return c.json(present(entry), 201, { location: `/v1/suppressions/${entry.id}` });
  });

  routes.delete("/:id", async (c) => {
    const key = c.get("key");
    requireScope(key, "suppressions:write");
    const id = c.req.param("id");
    const entry = await suppressions.find(id);
    if (entry === undefined || !isOpenTo(key, entry.connection) || !(await suppressions.remove(id))) {
      throw new RequestProblem("not-found", "The list has no such entry, or none this API key may see.");
    }
    return c.body(null, 204);
  });

  return routes;
}

/** An entry for all connections is not for who is limited to some of them. */
function isOpenTo(key: ApiKey, connection: string | null): boolean {
  return connection === null ? key.connections === null : mayUse(key, connection);
}

function connectionsOf(key: ApiKey, wanted: string | undefined): readonly string[] | undefined {
  if (wanted === undefined) return key.connections ?? undefined;
  return mayUse(key, wanted) ? [wanted] : [];
}

function readAddress(written: string): string {
  try {
    return suppressionForm(parseAddress(written).address);
  } catch (error) {
    if (!isMailError(error)) throw error;
    const [issue]: readonly (Issue | undefined)[] = error.issues ?? [];
    throw invalid("/address", issue?.message ?? "must be an address");
  }
}

function invalid(pointer: string, detail: string): RequestProblem {
  return new RequestProblem("invalid-body", `${pointer} ${detail}.`, { errors: [{ pointer, detail }] });
}

function present({ createdAt, expiresAt, ...entry }: SuppressionRecord) {
  return {
    ...entry,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
}
