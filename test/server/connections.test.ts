import { MailError } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../packages/server/src/store/memory.ts";
import { acceptAll, MESSAGE, type TestEndpoint, type TestEndpointOptions, TOKEN, testEndpoint } from "./endpoint.ts";

const PASSWORD = "canary2-sesame";
const ALERTS = {
  name: "team/alerts",
  host: "mail.example.org",
  auth: { username: "alerts", password: PASSWORD },
  defaults: { from: "Alerts <alerts@example.org>" },
};
const LIMITED_TOKEN = "limited-token-of-the-endpoint-suite-0123456789";
const ENCRYPTION = { encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] };

async function withAlerts(options: TestEndpointOptions = {}, changes: object = {}): Promise<TestEndpoint> {
  const endpoint = testEndpoint(options);
  const created = await endpoint.ask("POST", "/v1/connections", { ...ALERTS, ...changes });
  expect(created.status).toBe(201);
  return endpoint;
}

const VIA_ALERTS = { connection: "team/alerts", to: "b@example.com", subject: "Hi", text: "Hello" };

/** The one the test endpoint is configured with. */
const MAIN = { name: "main", system: false, readOnly: true, status: "unused", lastUsedAt: null, lastError: null };

describe("a configured connection", () => {
  test("is listed beside the stored ones, with how it served, and cannot be read or changed", async () => {
    let fails = true;
    const endpoint = await withAlerts({
      send: async (mail) => {
        if (fails) throw new MailError("auth-failed", "The server refused the credentials.", { phase: "auth" });
        return acceptAll(mail);
      },
    });
    const main = async () => (await endpoint.ask("GET", "/v1/connections")).body.connections[1];
    expect(await main()).toEqual(MAIN);
    await endpoint.post(MESSAGE);
    expect(await main()).toMatchObject({
      readOnly: true,
      status: "failing",
      lastError: expect.stringContaining("auth-failed"),
    });
    fails = false;
    await endpoint.post(MESSAGE);
    expect(await main()).toMatchObject({ status: "ok", lastError: null, lastUsedAt: expect.stringMatching(/^\d{4}-/) });

    for (const [method, change] of [["GET"], ["PATCH", { clientName: "evil.example" }], ["DELETE"]] as const) {
      expect((await endpoint.ask(method, "/v1/connections/main", change)).status).toBe(404);
    }
    expect(await main()).toMatchObject({ status: "ok" });
  });

  test("hides a stored one of its name, which it goes before", async () => {
    const store = memoryStore();
    await withAlerts({ store, ...ENCRYPTION });
    const connections = { "team/alerts": "smtp://mail.example.com" };
    const { body } = await testEndpoint({ store, ...ENCRYPTION, connections }).ask("GET", "/v1/connections");
    expect(body).toEqual({ connections: [{ ...MAIN, name: "team/alerts" }] });
  });

  test("is listed for the keys that may use it", async () => {
    const keys = [{ name: "limited", token: TOKEN, connections: ["other"] }];
    expect((await testEndpoint({ keys }).ask("GET", "/v1/connections")).body).toEqual({ connections: [] });
  });
});

describe("a stored connection", () => {
  test("is made, found, listed, used, changed and deleted by its name", async () => {
    const endpoint = testEndpoint();
    const created = await endpoint.ask("POST", "/v1/connections", ALERTS);
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe("/v1/connections/team/alerts");
    expect(created.body).toMatchObject({
      name: "team/alerts",
      host: "mail.example.org",
      status: "unused",
      system: false,
    });
    expect((await endpoint.ask("GET", "/v1/connections/team/alerts")).body).toEqual(created.body);
    expect((await endpoint.ask("GET", "/v1/connections/team%2Falerts")).body).toEqual(created.body);
    expect((await endpoint.ask("GET", "/v1/connections")).body).toEqual({
      connections: [
        { name: "team/alerts", system: false, readOnly: false, status: "unused", lastUsedAt: null, lastError: null },
        MAIN,
      ],
    });

    expect((await endpoint.post(VIA_ALERTS)).status).toBe(200);
    expect(endpoint.sent[0]?.message.from).toEqual([{ name: "Alerts", address: "alerts@example.org" }]);
    expect((await endpoint.ask("GET", "/v1/connections/team/alerts")).body).toMatchObject({
      status: "ok",
      lastUsedAt: expect.stringMatching(/^\d{4}-/),
    });

    const changed = await endpoint.ask("PATCH", "/v1/connections/team/alerts", {
      defaults: { from: "new@example.org" },
    });
    expect(changed.body).toMatchObject({
      defaults: { from: "new@example.org" },
      host: "mail.example.org",
      status: "unused",
    });

    expect((await endpoint.ask("DELETE", "/v1/connections/team/alerts")).status).toBe(204);
    expect((await endpoint.ask("GET", "/v1/connections/team/alerts")).status).toBe(404);
    expect((await endpoint.post(VIA_ALERTS)).status).toBe(404);
  });

  test("opens with its secret, and never shows it", async () => {
    const endpoint = await withAlerts();
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened.at(-1)).toMatchObject({
      host: "mail.example.org",
      auth: { username: "alerts", password: PASSWORD },
    });
    for (const path of ["/v1/connections", "/v1/connections/team/alerts", "/v1/messages"]) {
      expect(JSON.stringify(await endpoint.ask("GET", path))).not.toContain("sesame");
    }
    const { body } = await endpoint.ask("GET", "/v1/connections/team/alerts");
    expect(body.auth).toEqual({ username: "alerts", password: "********" });
  });

  test("lies in the store with its secret sealed", async () => {
    const store = memoryStore();
    await withAlerts({ store, ...ENCRYPTION });
    const record = await store.connections.find("team/alerts");
    expect(record?.secrets).toMatch(/^v1\./);
    expect(JSON.stringify(record)).not.toContain("sesame");
  });

  test("keeps its sockets from message to message, and gets new ones when it changes", async () => {
    const endpoint = await withAlerts();
    const before = endpoint.opened.length;
    await endpoint.post(VIA_ALERTS);
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened).toHaveLength(before + 1);
    await endpoint.ask("PATCH", "/v1/connections/team/alerts", { clientName: "edge.example.org" });
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened).toHaveLength(before + 2);
  });

  test("shows how it failed last, and that it works again", async () => {
    let fails = true;
    const now = Date.now();
    const endpoint = await withAlerts({
      clock: () => new Date(now),
      send: async (mail) => {
        if (fails) throw new MailError("auth-failed", "The server refused the credentials.", { phase: "auth" });
        return {
          messageId: mail.messageId,
          accepted: mail.envelope.to,
          rejected: [],
          reply: undefined,
          transport: "t",
          size: 1,
          downgrades: [],
        };
      },
    });
    const status = async () => (await endpoint.ask("GET", "/v1/connections")).body.connections[0];
    await endpoint.post(VIA_ALERTS);
    expect(await status()).toMatchObject({
      status: "failing",
      lastError: "auth-failed: The server refused the credentials.",
    });
    fails = false;
    await endpoint.post(VIA_ALERTS);
    expect(await status()).toMatchObject({ status: "ok", lastError: null });
  });

  test("serves also when nobody can write down that it did", async () => {
    const store = memoryStore();
    const connections = { ...store.connections, noteUse: () => Promise.reject(new Error("disk full")) };
    const endpoint = await withAlerts({ store: { ...store, connections }, ...ENCRYPTION });
    expect((await endpoint.post(VIA_ALERTS)).status).toBe(200);
  });

  test("may be the system connection, which serves messages that name none", async () => {
    const endpoint = await withAlerts({}, { system: true });
    const { connection: _, ...nameless } = VIA_ALERTS;
    expect((await endpoint.post(nameless)).status).toBe(200);
    expect((await endpoint.ask("GET", "/v1/messages")).body.messages[0].connection).toBe("team/alerts");
    await endpoint.ask("POST", "/v1/connections", { ...ALERTS, name: "other", system: true });
    const { connections } = (await endpoint.ask("GET", "/v1/connections")).body;
    expect(connections.map(({ name, system }: { name: string; system: boolean }) => [name, system])).toEqual([
      ["other", true],
      ["team/alerts", false],
      ["main", false],
    ]);
  });
});

describe("making one", () => {
  test.each([
    "..",
    "a/../b",
    "/a",
    "a/",
    "a//b",
    "a b",
    "a?b",
    "a%2fb",
    "a\u0000b",
    "ä",
    "",
    ".hidden",
    "verify",
    "team/verify",
    "x".repeat(201),
  ])("refuses the name %j", async (name) => {
    const { status, body } = await testEndpoint().ask("POST", "/v1/connections", { ...ALERTS, name });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "invalid-connection", errors: [{ pointer: "/name" }] });
  });

  test.each(["a", "u/ada/my_smtp", "f/team.a/x-1", "A1"])("takes the name %j", async (name) => {
    expect((await testEndpoint().ask("POST", "/v1/connections", { ...ALERTS, name })).status).toBe(201);
  });

  test.each<[string, object, string[]]>([
    ["no host", { host: undefined }, ["/host"]],
    ["port 25", { port: 25 }, ["/port"]],
    ["port 25, allowed by itself but not by the operator", { port: 25, allowPort25: true }, ["/port"]],
    ["a port of something else", { port: 6379 }, ["/port"]],
    ["a port in words", { port: "587" }, ["/port"]],
    ["a private host", { host: "127.0.0.1" }, ["/host"]],
    ["a local name", { host: "localhost" }, ["/host"]],
    ["an unknown field", { pasword: "x" }, ["/pasword"]],
    ["a user without password", { auth: { username: "u" } }, ["/auth/password"]],
    ["the mask for a password", { auth: { username: "u", password: "********" } }, ["/auth/password"]],
    ["a sender that is none", { allowedFrom: ["a@example.com", "nobody"] }, ["/allowedFrom/1"]],
    ["a fixed field that does not exist", { fixed: ["subject"] }, ["/fixed/0"]],
    ["a fixed sender without one", { fixed: ["from"], defaults: {} }, ["/fixed"]],
    [
      "everything at once",
      { host: "a b", port: 0, security: "ssl", system: 1 },
      ["/host", "/port", "/security", "/system"],
    ],
  ])("refuses %s", async (_what, change, pointers) => {
    const { status, body } = await testEndpoint().ask("POST", "/v1/connections", { ...ALERTS, ...change });
    expect(status).toBe(422);
    expect(body.code).toBe("invalid-connection");
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(pointers);
    expect(JSON.stringify(body)).not.toContain("sesame");
  });

  test("refuses a name that is taken, by a stored or a configured connection", async () => {
    const endpoint = await withAlerts();
    for (const name of ["team/alerts", "main"]) {
      const { status, body } = await endpoint.ask("POST", "/v1/connections", { ...ALERTS, name });
      expect(status).toBe(409);
      expect(body.code).toBe("conflict");
    }
  });
});

describe("changing one", () => {
  test("keeps what is not mentioned, takes away what is null, and keeps the secret", async () => {
    const endpoint = await withAlerts({}, { timeouts: { replyMs: 1000 }, allowedFrom: ["@example.org"] });
    const { body } = await endpoint.ask("PATCH", "/v1/connections/team/alerts", {
      timeouts: null,
      clientName: "edge.example.org",
    });
    expect(body).toMatchObject({
      clientName: "edge.example.org",
      allowedFrom: ["@example.org"],
      auth: { username: "alerts" },
    });
    expect(body).not.toHaveProperty("timeouts");
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened.at(-1)).toMatchObject({ auth: { password: PASSWORD } });
  });

  test("takes a new secret", async () => {
    const endpoint = await withAlerts();
    await endpoint.ask("PATCH", "/v1/connections/team/alerts", { auth: { password: "new-canary" } });
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened.at(-1)).toMatchObject({ auth: { username: "alerts", password: "new-canary" } });
  });

  test("refuses the mask of a secret", async () => {
    const endpoint = await withAlerts();
    const shown = (await endpoint.ask("GET", "/v1/connections/team/alerts")).body;
    const { status, body } = await endpoint.ask("PATCH", "/v1/connections/team/alerts", { auth: shown.auth });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer: "/auth/password", detail: expect.stringContaining("mask") }]);
  });

  describe("would send a stored password elsewhere, and is refused without the password:", () => {
    test.each<[string, object]>([
      ["another host", { host: "evil.example.net" }],
      ["another port", { port: 2525 }],
      ["another server name", { tls: { serverName: "evil.example.net" } }],
      ["no certificate check", { tls: { rejectUnauthorized: false } }],
      ["another authority", { tls: { ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" } }],
      ["opportunistic TLS", { security: "opportunistic" }],
      ["clear text", { security: "none", allowClearText: true }],
    ])("%s", async (_what, change) => {
      const endpoint = await withAlerts();
      const { status, body } = await endpoint.ask("PATCH", "/v1/connections/team/alerts", change);
      expect(status).toBe(422);
      expect(body).toMatchObject({ code: "invalid-connection", errors: [{ pointer: "/auth/password" }] });
      const again = await endpoint.ask("PATCH", "/v1/connections/team/alerts", {
        ...change,
        auth: { password: "own-canary" },
      });
      expect(again.status).toBe(200);
      await endpoint.post(VIA_ALERTS);
      expect(JSON.stringify(endpoint.opened.at(-1))).not.toContain("sesame");
    });
  });

  test("of two at once, one is told that the other was faster", async () => {
    const endpoint = await withAlerts();
    const path = "/v1/connections/team/alerts";
    const answers = await Promise.all(
      [1000, 2000].map((replyMs) => endpoint.ask("PATCH", path, { timeouts: { replyMs } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("one that does not exist is a 404", async () => {
    expect((await testEndpoint().ask("PATCH", "/v1/connections/none", {})).status).toBe(404);
    expect((await testEndpoint().ask("DELETE", "/v1/connections/none")).status).toBe(404);
  });
});

describe("who may stand as sender", () => {
  const LIMITS = { allowedFrom: ["@example.org", "ceo@example.com"], defaults: undefined };

  test.each<[string, object]>([
    ["an address of an allowed domain", { from: "Ada <ada@example.org>" }],
    ["an allowed address", { from: "ceo@example.com" }],
    ["an allowed domain in other letters", { from: "ada@EXAMPLE.org" }],
    ["the null sender for bounces", { from: "ada@example.org", envelope: { from: "" } }],
  ])("%s may", async (_what, message) => {
    const endpoint = await withAlerts({}, LIMITS);
    expect((await endpoint.post({ ...VIA_ALERTS, ...message })).status).toBe(200);
  });

  test.each<[string, object, string[]]>([
    ["another domain", { from: "ada@example.net" }, ["/from"]],
    ["another address of a domain with one allowed", { from: "ada@example.com" }, ["/from"]],
    ["a subdomain", { from: "ada@mail.example.org" }, ["/from"]],
    ["a domain that ends alike", { from: "ada@evil-example.org" }, ["/from"]],
    ["a second author", { from: ["ada@example.org", "eve@example.net"], sender: "ada@example.org" }, ["/from"]],
    ["the name of an allowed address", { from: { name: "ceo@example.com", address: "eve@example.net" } }, ["/from"]],
    ["another sender", { from: "ada@example.org", sender: "eve@example.net" }, ["/sender"]],
    ["another bounce address", { from: "ada@example.org", envelope: { from: "eve@example.net" } }, ["/envelope/from"]],
  ])("%s may not", async (_what, message, pointers) => {
    const endpoint = await withAlerts({}, LIMITS);
    const { status, body } = await endpoint.ask("POST", "/v1/messages", { ...VIA_ALERTS, ...message });
    expect(status).toBe(422);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    expect(endpoint.sent).toEqual([]);
  });

  test("a ready message may not, whatever its header says", async () => {
    const endpoint = await withAlerts({}, LIMITS);
    const raw = "From: ada@example.org\r\nTo: b@example.com\r\n\r\nHello";
    const { status, body } = await endpoint.ask("POST", "/v1/messages", { connection: "team/alerts", raw });
    expect(status).toBe(422);
    expect(body.errors[0].pointer).toBe("/raw");
  });
});

describe("fixed fields", () => {
  const FIXED = {
    fixed: ["from", "to", "cc", "bcc"],
    defaults: { from: "alerts@example.org", to: "team@example.org" },
  };

  test("are what the connection says", async () => {
    const endpoint = await withAlerts({}, FIXED);
    expect((await endpoint.post({ connection: "team/alerts", subject: "Fire", text: "…" })).status).toBe(200);
    expect(endpoint.sent[0]?.envelope).toEqual({ from: "alerts@example.org", to: ["team@example.org"] });
  });

  test.each<[string, object, string]>([
    ["a sender", { from: "eve@example.net" }, "/from"],
    ["a recipient", { to: "eve@example.net" }, "/to"],
    ["a copy", { bcc: "eve@example.net" }, "/bcc"],
    ["an envelope", { envelope: { to: "eve@example.net" } }, "/envelope/to"],
    ["a ready message", { raw: "To: eve@example.net\r\n\r\nHi" }, "/raw"],
  ])("refuse %s of the message", async (_what, message, pointer) => {
    const endpoint = await withAlerts({}, FIXED);
    const { status, body } = await endpoint.ask("POST", "/v1/messages", { connection: "team/alerts", ...message });
    expect(status).toBe(422);
    expect(body.errors[0].pointer).toBe(pointer);
    expect(endpoint.sent).toEqual([]);
  });
});

describe("scopes", () => {
  const limited = (scopes: readonly string[], connections?: readonly string[]): TestEndpointOptions => ({
    keys: [
      { name: "admin", token: TOKEN },
      { name: "limited", token: LIMITED_TOKEN, scopes: scopes as never, ...(connections && { connections }) },
    ],
  });

  test.each<[string, string, object | undefined]>([
    ["POST", "/v1/connections", ALERTS],
    ["GET", "/v1/connections/team/alerts", undefined],
    ["PATCH", "/v1/connections/team/alerts", {}],
    ["DELETE", "/v1/connections/team/alerts", undefined],
    ["POST", "/v1/connections/verify", { host: "mail.example.org" }],
  ])("%s %s needs connections:write", async (method, path, body) => {
    const endpoint = await withAlerts(
      limited(["connections:use", "connections:inline", "messages:send", "keys:write"]),
    );
    const answer = await endpoint.ask(method, path, body, LIMITED_TOKEN);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("www-authenticate")).toContain('scope="connections:write"');
  });

  test("a key that is limited to connections sees no others, by any route", async () => {
    const endpoint = await withAlerts(limited(["connections:use", "connections:write", "messages:send"], ["own"]));
    const ask = (method: string, path: string, body?: unknown) => endpoint.ask(method, path, body, LIMITED_TOKEN);
    expect((await ask("GET", "/v1/connections")).body).toEqual({ connections: [] });
    expect((await ask("GET", "/v1/connections/team/alerts")).status).toBe(404);
    expect((await ask("PATCH", "/v1/connections/team/alerts", {})).status).toBe(404);
    expect((await ask("DELETE", "/v1/connections/team/alerts")).status).toBe(404);
    expect((await ask("POST", "/v1/connections/team/alerts/verify")).status).toBe(404);
    expect((await ask("POST", "/v1/messages", VIA_ALERTS)).status).toBe(404);
    expect((await ask("POST", "/v1/connections", ALERTS)).status).toBe(403);
    expect((await ask("POST", "/v1/connections", { ...ALERTS, name: "own" })).status).toBe(201);
  });
});

describe("verify", () => {
  const STAGES = [
    { stage: "connect" as const, ok: true, ms: 5 },
    { stage: "tls" as const, ok: true, ms: 7 },
    { stage: "ehlo" as const, ok: true, ms: 3 },
    { stage: "auth" as const, ok: true, ms: 4 },
  ];
  const works = async () => ({ ok: true, stages: STAGES, capabilities: { SIZE: "1000", PIPELINING: "" } });
  const refusal = new MailError("auth-failed", "The server refused the credentials: 535 No", {
    phase: "auth",
    reply: { code: 535, text: "No" },
  });
  const fails = async () => ({
    ok: false,
    stages: [...STAGES.slice(0, 3), { stage: "auth" as const, ok: false, ms: 4, error: refusal }],
  });

  test("tells every stage, and what the server offers", async () => {
    const endpoint = await withAlerts({ verify: works });
    const { status, body } = await endpoint.ask("POST", "/v1/connections/team/alerts/verify");
    expect(status).toBe(200);
    expect(body).toEqual({
      ok: true,
      stages: [{ stage: "resolve", ok: true, ms: expect.any(Number) }, ...STAGES],
      capabilities: { SIZE: "1000", PIPELINING: "" },
    });
    expect(endpoint.sent).toEqual([]);
  });

  test("shows what the TLS handshake came to, and hides it from who may not see the server's name", async () => {
    const certificate = {
      subject: "CN=mail.example.org",
      issuer: "CN=An authority",
      validFrom: "2026-01-05T00:00:00.000Z",
      validTo: "2026-04-05T00:00:00.000Z",
      names: ["mail.example.org"],
    };
    const tls = { protocol: "TLSv1.3", certificate };
    const endpoint = await withAlerts({
      keys: [
        { name: "test", token: TOKEN },
        { name: "user", token: LIMITED_TOKEN, scopes: ["connections:use"] },
      ],
      verify: async () => ({ ok: true, stages: [{ stage: "tls", ok: true, ms: 1, tls }] }),
    });
    const path = "/v1/connections/team/alerts/verify";
    expect((await endpoint.ask("POST", path)).body.stages[1]).toEqual({ stage: "tls", ok: true, ms: 1, tls });
    const seen = (await endpoint.ask("POST", path, undefined, LIMITED_TOKEN)).body;
    expect(seen.stages[1]).toEqual({ stage: "tls", ok: true, ms: 1 });
  });

  test("stops at the stage that fails, and says why", async () => {
    const endpoint = await withAlerts({ verify: fails });
    const { status, body } = await endpoint.ask("POST", "/v1/connections/team/alerts/verify", {});
    expect(status).toBe(200);
    expect(body.ok).toBe(false);
    expect(body.stages.at(-1)).toMatchObject({
      stage: "auth",
      ok: false,
      problem: { code: "auth-failed", reply: { code: 535 } },
    });
    expect((await endpoint.ask("GET", "/v1/connections")).body.connections[0]).toMatchObject({ status: "failing" });
  });

  test("sends a test message when it is asked to and everything works", async () => {
    const endpoint = await withAlerts({ verify: works });
    const { body } = await endpoint.ask("POST", "/v1/connections/team/alerts/verify", { to: "ada@example.com" });
    expect(body.stages.at(-1)).toMatchObject({ stage: "send", ok: true });
    expect(endpoint.sent[0]).toMatchObject({
      envelope: { to: ["ada@example.com"] },
      message: { subject: "Test message" },
    });
    const failing = await withAlerts({ verify: fails });
    await failing.ask("POST", "/v1/connections/team/alerts/verify", { to: "ada@example.com" });
    expect(failing.sent).toEqual([]);
  });

  test("tests settings that were not saved, and saves nothing", async () => {
    const endpoint = testEndpoint({ verify: works });
    const { name: _, ...candidate } = ALERTS;
    const { body } = await endpoint.ask("POST", "/v1/connections/verify", candidate);
    expect(body.ok).toBe(true);
    expect(endpoint.opened.at(-1)).toMatchObject({ auth: { password: PASSWORD } });
    expect((await endpoint.ask("GET", "/v1/connections")).body).toEqual({ connections: [MAIN] });
  });

  test("settings that cannot be used are a 422, at their place in the body", async () => {
    const { status, body } = await testEndpoint().ask("POST", "/v1/connections/verify", {
      host: "a b",
      port: 25,
      foo: 1,
    });
    expect(status).toBe(422);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(["/foo", "/host", "/port"]);
  });

  test("a host that may not be used fails at the first stage", async () => {
    const { status, body } = await testEndpoint().ask("POST", "/v1/connections/verify", { host: "169.254.169.254" });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ok: false,
      stages: [{ stage: "resolve", ok: false, problem: { code: "invalid-connection" } }],
    });
  });

  test("a transport that cannot be tested says so", async () => {
    const endpoint = await withAlerts();
    const { status, body } = await endpoint.ask("POST", "/v1/connections/team/alerts/verify");
    expect(status).toBe(422);
    expect(body.code).toBe("unsupported");
  });
});

describe("who may not see connections", () => {
  const keys = [
    { name: "admin", token: TOKEN },
    {
      name: "sender",
      token: LIMITED_TOKEN,
      scopes: ["messages:send", "connections:use", "connections:inline"] as const,
    },
  ];

  test("is told the stage and nothing of what the server said", async () => {
    const endpoint = await withAlerts({
      keys,
      send: () =>
        Promise.reject(
          new MailError("greeting-rejected", "10.1.2.3 said: 554 redis here", {
            phase: "greeting",
            reply: { code: 554, text: "redis here" },
          }),
        ),
    });
    const told = await endpoint.ask("POST", "/v1/messages", VIA_ALERTS, LIMITED_TOKEN);
    expect(told.body).toMatchObject({
      code: "greeting-rejected",
      phase: "greeting",
      detail: "The mail server takes no connections.",
    });
    expect(JSON.stringify(told.body)).not.toContain("redis");
    const admin = await endpoint.ask("POST", "/v1/messages", VIA_ALERTS);
    expect(admin.body).toMatchObject({ detail: "10.1.2.3 said: 554 redis here", reply: { code: 554 } });
  });

  test("is told everything about the message itself", async () => {
    const endpoint = await withAlerts({
      keys,
      send: () =>
        Promise.reject(
          new MailError("message-rejected", "554 Spam", { phase: "body", reply: { code: 554, text: "Spam" } }),
        ),
    });
    const told = await endpoint.ask("POST", "/v1/messages", VIA_ALERTS, LIMITED_TOKEN);
    expect(told.body).toMatchObject({ detail: "554 Spam", reply: { code: 554, text: "Spam" } });
  });
});

describe("providers", () => {
  test("have settings that pass our own checks, and a hint", async () => {
    const endpoint = testEndpoint();
    const { providers } = (await endpoint.ask("GET", "/v1/providers")).body;
    expect(providers.length).toBeGreaterThanOrEqual(11);
    for (const { id, host, port, security, hint } of providers) {
      const made = await endpoint.ask("POST", "/v1/connections", { name: id, host, port, security });
      expect(made.status, id).toBe(201);
      expect(hint.length, id).toBeGreaterThan(20);
    }
  });

  test.each([
    ["smtp.gmail.com", /app password/],
    ["email-smtp.eu-west-1.amazonaws.com", /SMTP credentials/],
    ["smtp.zoho.eu", /app password/],
    ["smtp.eu.mailgun.org", /sending domain/],
  ])("%s refusing credentials gets a hint", async (host, hint) => {
    const endpoint = await withAlerts(
      {
        send: () =>
          Promise.reject(new MailError("auth-failed", "535 No.", { phase: "auth", reply: { code: 535, text: "No" } })),
      },
      { host },
    );
    const { body } = await endpoint.ask("POST", "/v1/messages", VIA_ALERTS);
    expect(body).toMatchObject({ code: "auth-failed", detail: expect.stringMatching(hint), reply: { code: 535 } });
  });

  test("another failure, or an unknown service, gets none", async () => {
    const endpoint = await withAlerts({
      send: () => Promise.reject(new MailError("auth-failed", "535 No.", { phase: "auth" })),
    });
    expect((await endpoint.ask("POST", "/v1/messages", VIA_ALERTS)).body.detail).toBe("535 No.");
  });
});

describe("the address that was checked is the one connected to", () => {
  test("with the certificate still verified for the name", async () => {
    const endpoint = await withAlerts({ hosts: { resolve: async () => ["93.184.216.34"] } });
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened.at(-1)).toMatchObject({ host: "93.184.216.34", tls: { serverName: "mail.example.org" } });
    await endpoint.post({
      ...MESSAGE,
      connection: { host: "mail.example.net", tls: { serverName: "cert.example.net" } },
    });
    expect(endpoint.opened.at(-1)).toMatchObject({ host: "93.184.216.34", tls: { serverName: "cert.example.net" } });
  });

  test("a name that turns private later is not connected to any more", async () => {
    let addresses = ["93.184.216.34"];
    const endpoint = await withAlerts({ hosts: { resolve: async () => addresses } });
    expect((await endpoint.post(VIA_ALERTS)).status).toBe(200);
    addresses = ["127.0.0.1"];
    expect((await endpoint.post(VIA_ALERTS)).status).toBe(422);
    expect(endpoint.sent).toHaveLength(1);
  });

  test("sockets stay while the name has the address, and go with it", async () => {
    let addresses = ["93.184.216.34", "93.184.216.35"];
    const endpoint = await withAlerts({ hosts: { resolve: async () => addresses } });
    const before = endpoint.opened.length;
    await endpoint.post(VIA_ALERTS);
    addresses = ["93.184.216.35", "93.184.216.34"];
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened).toHaveLength(before + 1);
    addresses = ["93.184.216.35"];
    await endpoint.post(VIA_ALERTS);
    expect(endpoint.opened).toHaveLength(before + 2);
    expect(endpoint.opened.at(-1)).toMatchObject({ host: "93.184.216.35" });
  });
});

test("secrets can be sealed with a new key, after which the old one may go", async () => {
  const store = memoryStore();
  const [old, fresh] = [ENCRYPTION.encryptionKeys[0] ?? "", "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="];
  await withAlerts({ store, encryptionKeys: [old] });
  const made = await testEndpoint({ store, encryptionKeys: [old] }).ask("POST", "/v1/keys", {
    name: "k",
    scopes: ["messages:send", "connections:use"],
  });
  await testEndpoint({ store, encryptionKeys: [fresh, old] }).app.rotateSecrets();

  const after = testEndpoint({ store, encryptionKeys: [fresh] });
  expect((await after.ask("POST", "/v1/messages", VIA_ALERTS, made.body.token)).status).toBe(200);
  expect(after.opened.at(-1)).toMatchObject({ auth: { password: PASSWORD } });
});
