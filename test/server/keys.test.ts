import { describe, expect, test } from "vitest";
import { memoryStore } from "../../packages/server/src/store/memory.ts";
import { MESSAGE, TOKEN, testEndpoint } from "./endpoint.ts";

const ENCRYPTION = { encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] };
const SENDER = { name: "billing", scopes: ["messages:send", "connections:use"] };

describe("a stored key", () => {
  test("is shown once, works at once, and does what its scopes say", async () => {
    const { ask } = testEndpoint();
    const { status, body, headers } = await ask("POST", "/v1/keys", SENDER);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: "billing",
      scopes: SENDER.scopes,
      connections: null,
      createdAt: expect.any(String),
      expiresAt: null,
      token: expect.stringMatching(new RegExp(`^ep_${body.id}_[\\w-]{43}$`)),
    });
    expect(headers.get("location")).toBe(`/v1/keys/${body.id}`);
    expect((await ask("POST", "/v1/messages", MESSAGE, body.token)).status).toBe(200);
    expect((await ask("GET", "/v1/keys", undefined, body.token)).status).toBe(403);
    const { token: _, ...shown } = body;
    expect((await ask("GET", "/v1/keys")).body).toEqual({ keys: [shown] });
  });

  test("lies in the store as a hash only", async () => {
    const store = memoryStore();
    const { body } = await testEndpoint({ store, ...ENCRYPTION }).ask("POST", "/v1/keys", SENDER);
    const [record] = await store.keys.list();
    expect(record?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(record)).not.toContain(body.token.slice(20));
  });

  test("opens a server that was started again on the same store, and no other server", async () => {
    const store = memoryStore();
    const { body } = await testEndpoint({ store, ...ENCRYPTION }).ask("POST", "/v1/keys", SENDER);
    const ask = (endpoint: ReturnType<typeof testEndpoint>) =>
      endpoint.ask("POST", "/v1/messages", MESSAGE, body.token);
    expect((await ask(testEndpoint({ store, ...ENCRYPTION }))).status).toBe(200);
    expect((await ask(testEndpoint())).status).toBe(401);
  });

  test("is gone when it was deleted", async () => {
    const { ask } = testEndpoint();
    const { body } = await ask("POST", "/v1/keys", SENDER);
    expect((await ask("DELETE", `/v1/keys/${body.id}`)).status).toBe(204);
    expect((await ask("DELETE", `/v1/keys/${body.id}`)).status).toBe(404);
    expect((await ask("POST", "/v1/messages", MESSAGE, body.token)).status).toBe(401);
  });

  test("ends when its time is over", async () => {
    let now = Date.parse("2030-01-01T00:00:00Z");
    const { ask } = testEndpoint({ clock: () => new Date(now) });
    const { body } = await ask("POST", "/v1/keys", { ...SENDER, expiresAt: "2030-01-01T01:00:00+00:00" });
    expect((await ask("POST", "/v1/messages", MESSAGE, body.token)).status).toBe(200);
    now = Date.parse("2030-01-01T01:00:00Z");
    expect((await ask("POST", "/v1/messages", MESSAGE, body.token)).status).toBe(401);
  });

  test("with its id and another secret is a stranger", async () => {
    const { ask } = testEndpoint();
    const { body } = await ask("POST", "/v1/keys", SENDER);
    const forged = `${body.token.slice(0, -1)}${body.token.endsWith("A") ? "B" : "A"}`;
    expect((await ask("POST", "/v1/messages", MESSAGE, forged)).status).toBe(401);
  });
});

describe("nobody gives away what he does not have", () => {
  const limited = "limited-token-of-the-endpoint-suite-0123456789";
  const { ask } = testEndpoint({
    keys: [
      { name: "admin", token: TOKEN },
      { name: "limited", token: limited, scopes: ["keys:write", "messages:send"], connections: ["main"] },
    ],
  });

  test("a scope", async () => {
    const { status, headers } = await ask("POST", "/v1/keys", { ...SENDER, connections: ["main"] }, limited);
    expect(status).toBe(403);
    expect(headers.get("www-authenticate")).toContain('scope="connections:use"');
  });

  test.each([undefined, ["other"], ["main", "other"]])("connections %j", async (connections) => {
    const body = { name: "x", scopes: ["messages:send"], ...(connections && { connections }) };
    expect((await ask("POST", "/v1/keys", body, limited)).status).toBe(403);
  });

  test("but what he has he can", async () => {
    const body = { name: "x", scopes: ["messages:send"], connections: ["main"] };
    expect((await ask("POST", "/v1/keys", body, limited)).status).toBe(201);
  });
});

test.each<[string, object, string[]]>([
  ["no name", { name: undefined }, ["/name"]],
  ["an empty name", { name: "" }, ["/name"]],
  ["a long name", { name: "x".repeat(101) }, ["/name"]],
  ["no scopes", { scopes: [] }, ["/scopes"]],
  ["a scope nobody knows", { scopes: ["messages:send", "root"] }, ["/scopes/1"]],
  ["a connection that cannot be", { connections: ["a/../b"] }, ["/connections/0"]],
  ["a time that is over", { expiresAt: "2001-01-01T00:00:00Z" }, ["/expiresAt"]],
  ["a time that is none", { expiresAt: "tomorrow" }, ["/expiresAt"]],
  ["a token of one's own", { token: "x".repeat(40) }, ["/token"]],
])("%s is a 422", async (_what, change, pointers) => {
  const { status, body } = await testEndpoint().ask("POST", "/v1/keys", { ...SENDER, ...change });
  expect(status).toBe(422);
  expect(body.code).toBe("invalid-body");
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
});

test.each(["GET", "POST"])("%s /v1/keys needs keys:write", async (method) => {
  const { ask } = testEndpoint({ keys: [{ name: "sender", token: TOKEN, scopes: ["messages:send"] }] });
  expect((await ask(method, "/v1/keys", method === "POST" ? SENDER : undefined)).status).toBe(403);
});
