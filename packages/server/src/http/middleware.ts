import type { Context, MiddlewareHandler } from "hono";
import type { RequestContext, Services } from "../context.ts";
import type { ApiKey } from "../keys/scopes.ts";
import { clientAddress } from "./client-address.ts";
import type { LogEntry } from "./log.ts";
import { RequestProblem, toProblem, type Viewer } from "./problem.ts";

type Middleware = MiddlewareHandler<RequestContext>;

/**
 * Gives each request an id of our own (one from outside could forge log lines), its log entry, and headers that keep a
 * browser from doing anything with an answer but hand it to the program that asked.
 */
export function identify(services: Services): Middleware {
  return async (c, next) => {
    const start = services.clock();
    const requestId = services.newId(start);
    c.set("requestId", requestId);
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    }
    c.res.headers.set("x-request-id", requestId);
    if (c.get("replayed")) c.res.headers.set("idempotency-replayed", "true");
    services.log(toEntry(c, start, services.clock()));
  };
}

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Lets in who has a key, while the server is open, and can read what we answer. */
export function authenticate({ keyring, gate, alerts }: Services): Middleware {
  return (c, next) =>
    gate.pass(async () => {
      const key = await keyring.authenticate(c.req.raw);
      c.set("key", key);
      // Nobody is refused because that could not be written down.
      await alerts.noteUse(key, clientAddress(c)).catch(() => {});
      if (!NO_JSON.has(c.req.path) && !acceptsJson(c.req.header("accept") ?? "*/*")) {
        throw new RequestProblem("not-acceptable", "Answers are application/json; `Accept` excludes that.");
      }
      await next();
    });
}

/** What is read here is no JSON, as its readers know, and its problems are. */
const NO_JSON: ReadonlySet<string> = new Set(["/v1/events", "/metrics"]);

/** Who is told, if this request fails. */
export function viewerOf(c: Context<RequestContext>): Viewer {
  return { requestId: c.get("requestId"), seesConnections: keyOf(c)?.scopes.includes("connections:write") ?? false };
}

function keyOf(c: Context<RequestContext>): ApiKey | undefined {
  // Missing until the key was recognised, whatever the type says.
  return c.get("key") as ApiKey | undefined;
}

/** Media ranges of RFC 9110 section 12.5.1; only a plain `q=0` is a no. */
function acceptsJson(accept: string): boolean {
  return accept.split(",").some((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return !refused && ["*/*", "application/*", "application/json", "application/problem+json"].includes(type);
  });
}

function toEntry(c: Context<RequestContext>, start: Date, end: Date): LogEntry {
  const requestId = c.get("requestId");
  const key = keyOf(c);
  const problem = c.error === undefined ? undefined : toProblem(c.error, viewerOf(c));
  return {
    time: start.toISOString(),
    level: c.res.status >= 500 ? "error" : "info",
    event: "request",
    requestId,
    method: c.req.method,
    path: c.req.path,
    status: c.res.status,
    ms: end.getTime() - start.getTime(),
    ...(key !== undefined && { key: key.name }),
    ...(problem !== undefined && { code: problem.code }),
    ...(problem?.code === "internal-error" && { error: String(c.error) }),
  };
}
