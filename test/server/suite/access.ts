import { beforeAll, describe, expect, test } from "vitest";
import { SCOPES, type Scope } from "../../../packages/server/src/keys/scopes.ts";
import { MESSAGE, TOKEN } from "../endpoint.ts";
import type { House } from "./house.ts";

interface Route {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** Every scope it asks for, with this body. */
  readonly scopes: readonly Scope[];
  /** What it answers to a key with these. */
  readonly status: number;
}

/** Nobody may connect there, which is found out only after everything a key needs was asked for. */
const PRIVATE = { host: "10.0.0.1" };

const ROUTES: readonly Route[] = [
  { method: "POST", path: "/v1/messages", body: MESSAGE, scopes: ["messages:send", "connections:use"], status: 200 },
  {
    method: "POST",
    path: "/v1/messages",
    body: { ...MESSAGE, connection: PRIVATE },
    scopes: ["messages:send", "connections:inline"],
    status: 422,
  },
  { method: "POST", path: "/v1/messages/batch", body: { messages: [] }, scopes: ["messages:send"], status: 422 },
  {
    method: "POST",
    path: "/v1/messages/preview",
    body: MESSAGE,
    scopes: ["messages:send", "connections:use"],
    status: 200,
  },
  { method: "GET", path: "/v1/messages", scopes: ["messages:read"], status: 200 },
  { method: "GET", path: "/v1/messages/none", scopes: ["messages:read"], status: 404 },
  { method: "GET", path: "/v1/connections", scopes: ["connections:use"], status: 200 },
  {
    method: "POST",
    path: "/v1/connections",
    body: { name: "x", ...PRIVATE },
    scopes: ["connections:write"],
    status: 422,
  },
  { method: "GET", path: "/v1/connections/team/none", scopes: ["connections:write"], status: 404 },
  { method: "PATCH", path: "/v1/connections/team/none", body: {}, scopes: ["connections:write"], status: 404 },
  { method: "DELETE", path: "/v1/connections/team/none", scopes: ["connections:write"], status: 404 },
  { method: "POST", path: "/v1/connections/main/verify", scopes: ["connections:use"], status: 200 },
  {
    method: "POST",
    path: "/v1/connectors/appsmith/send",
    body: { connection: "main", message: { from: "a@example.com", to: "b@example.com", subject: "Hi", body: "Hello" } },
    scopes: ["messages:send", "connections:use"],
    status: 200,
  },
  { method: "GET", path: "/v1/keys", scopes: ["keys:write"], status: 200 },
  { method: "POST", path: "/v1/keys", body: {}, scopes: ["keys:write"], status: 422 },
  { method: "DELETE", path: "/v1/keys/none", scopes: ["keys:write"], status: 404 },
  { method: "GET", path: "/v1/providers", scopes: [], status: 200 },
];

const STRANGERS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no key", { authorization: "" }],
  ["a key nobody gave out", { authorization: `Bearer ${TOKEN}x` }],
  ["the form of a stored key", { authorization: `Bearer ep_0123456789abcdef_${"A".repeat(43)}` }],
  ["a password", { authorization: `Basic ${btoa(`admin:${TOKEN}`)}` }],
];

/** Who may ask for what: every route, with every scope missing in turn. */
export function accessSuite(house: House): void {
  const tokens = new Map<Scope | undefined, string>();

  async function createKey(missing?: Scope): Promise<void> {
    const scopes = SCOPES.filter((scope) => scope !== missing);
    const { body } = await house.entry.request("POST", "/v1/keys", { name: `without ${missing}`, scopes });
    tokens.set(missing, body.token);
  }
  beforeAll(async () => {
    for (const missing of SCOPES) await createKey(missing);
  });

  describe.each(
    ROUTES.map((route) => [`${route.method} ${route.path} ${JSON.stringify(route.body ?? {})}`, route] as const),
  )("%s", (_title, { method, path, body, scopes, status }) => {
    test.each(SCOPES)("without the scope %s", async (missing) => {
      const authorization = `Bearer ${tokens.get(missing)}`;
      const answer = await house.entry.request(method, path, body, { authorization });
      const isForbidden = scopes.includes(missing);
      expect(answer.status, JSON.stringify(answer.body)).toBe(isForbidden ? 403 : status);
      const challenge = answer.headers.get("www-authenticate");
      if (isForbidden) expect(challenge).toContain(`error="insufficient_scope", scope="${missing}"`);
      else expect(challenge).toBeNull();
    });

    test.each(STRANGERS)("with %s", async (_who, headers) => {
      const answer = await house.entry.request(method, path, body, headers);
      expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="edgepost"/);
    });
  });

  test.each([
    ["DELETE", "/v1/messages"],
    ["PUT", "/v1/messages/batch"],
    ["GET", "/v1/messages/batch/more"],
    ["PUT", "/v1/connections"],
    ["GET", "/v1/connectors/appsmith/send"],
    ["POST", "/v1/providers"],
    ["PATCH", "/v1/keys"],
    ["POST", "/healthz"],
    ["PATCH", "/v1/messages"],
    ["GET", "/v2/messages"],
    ["GET", "//v1/messages"],
    ["GET", "/"],
  ])("%s %s is a method or path nobody serves", async (method, path) => {
    const answer = await house.entry.request(method, path);
    expect([404, 405]).toContain(answer.status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.has("allow")).toBe(answer.status === 405);
  });
}
