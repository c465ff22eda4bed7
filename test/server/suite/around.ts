import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { Entry, StartEntry } from "../entries.ts";
import type { House } from "./house.ts";

/** What stands around the routes: pages for everybody, headers, and the answers of two who want the same. */
export function aroundSuite(house: House): void {
  describe.each(["/healthz", "/readyz", "/openapi.json", "/docs"])("%s", (path) => {
    test.each(["GET", "HEAD"])("answers %s without a key", async (method) => {
      const response = await fetch(`${house.entry.url}${path}`, { method });
      expect(response.status).toBe(200);
      expect((await response.text()) === "").toBe(method === "HEAD");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    });
  });

  test("every answer has an id of its own, and no browser keeps or interprets it", async () => {
    const ids = new Set<string | null>();
    for (const path of ["/v1/messages", "/v1/nothing", "/healthz"]) {
      const { headers } = await house.entry.request("GET", path, undefined, { "x-request-id": "forged" });
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      ids.add(headers.get("x-request-id"));
    }
    expect(ids.size).toBe(3);
    expect(ids).not.toContain("forged");
  });

  test.each<[path: string, headers: Record<string, string>, status: number]>([
    ["/v1/messages", {}, 200],
    ["/v1/connections", {}, 200],
    ["/v1/providers", {}, 200],
    ["/v1/messages/none", {}, 404],
    ["/v1/nothing", {}, 404],
    ["/v1/keys", { authorization: "" }, 401],
    ["/v1/connections", { accept: "text/html" }, 406],
    ["/v1/messages/batch", {}, 404],
  ])("HEAD %s with %j is a %d, and GET without the body", async (path, headers, status) => {
    const head = await house.entry.request("HEAD", path, undefined, headers);
    const get = await house.entry.request("GET", path, undefined, headers);
    expect([head.status, head.body]).toEqual([status, undefined]);
    expect(get.status).toBe(status);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
  });

  describe("Prefer: return=minimal", () => {
    const minimal = { prefer: "return=minimal, handling=strict" };

    test("sends without a word, where every recipient was accepted", async () => {
      const answer = await house.entry.request("POST", "/v1/messages", MESSAGE, minimal);
      expect(answer).toMatchObject({ status: 204, body: undefined });
      expect(answer.headers.get("preference-applied")).toBe("return=minimal");
      const logged = await house.entry.request("GET", String(answer.headers.get("location")));
      expect(logged).toMatchObject({ status: 200, body: { state: "sent" } });
    });

    test.each<[string, object, number]>([
      ["a partial refusal", { cc: "nobody@example.com" }, 200],
      ["a refusal", { to: "nobody@example.com" }, 424],
      ["a mistake", { to: "nobody" }, 422],
    ])("is told of %s all the same", async (_what, change, status) => {
      const answer = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, ...change }, minimal);
      expect(answer.status).toBe(status);
      expect(answer.body).toBeDefined();
      expect(answer.headers.get("preference-applied")).toBeNull();
    });

    test("makes and changes a connection without showing it", async () => {
      const stored = { name: "minimal", host: "93.184.216.34" };
      const made = await house.entry.request("POST", "/v1/connections", stored, minimal);
      expect(made).toMatchObject({ status: 201, body: undefined });
      expect(made.headers.get("location")).toBe("/v1/connections/minimal");
      const change = { defaults: { from: "a@example.com" } };
      const changed = await house.entry.request("PATCH", "/v1/connections/minimal", change, minimal);
      expect(changed).toMatchObject({ status: 204, body: undefined });
      expect(changed.headers.get("preference-applied")).toBe("return=minimal");
      await house.entry.request("DELETE", "/v1/connections/minimal");
    });

    test.each(["return=representation", "respond-quickly", "return"])("as %s changes nothing", async (prefer) => {
      const answer = await house.entry.request("POST", "/v1/messages", MESSAGE, { prefer });
      expect(answer).toMatchObject({ status: 200, body: { success: true } });
      expect(answer.headers.get("preference-applied")).toBe(prefer === "return=representation" ? prefer : null);
    });

    test("cannot keep a new key from being shown", async () => {
      const key = { name: "minimal", scopes: ["messages:read"] };
      const { status, body } = await house.entry.request("POST", "/v1/keys", key, minimal);
      expect(status).toBe(201);
      expect(body.token).toMatch(/^ep_/);
    });
  });

  test("of two who make a connection of one name, one is told that it is taken", async () => {
    const stored = { name: "twice", host: "93.184.216.34" };
    const both = await Promise.all([1, 2].map(() => house.entry.request("POST", "/v1/connections", stored)));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await house.entry.request("DELETE", "/v1/connections/twice")).toMatchObject({
      status: 204,
      body: undefined,
    });
    expect(await house.entry.request("DELETE", "/v1/connections/twice")).toMatchObject({ status: 404 });
  });

  test("a key that is made and deleted opens the door in between", async () => {
    const made = await house.entry.request("POST", "/v1/keys", { name: "short", scopes: ["messages:read"] });
    expect(made.status).toBe(201);
    const own = { authorization: `Bearer ${made.body.token}` };
    expect(await house.entry.request("GET", "/v1/messages", undefined, own)).toMatchObject({ status: 200 });
    expect(await house.entry.request("DELETE", `/v1/keys/${made.body.id}`)).toMatchObject({ status: 204 });
    expect(await house.entry.request("GET", "/v1/messages", undefined, own)).toMatchObject({ status: 401 });
  });
}

/** What the operator may set, on an entry of its own. */
export function settingsSuite(start: StartEntry, house: House): void {
  async function using(variables: Readonly<Record<string, string>>, test: (entry: Entry) => Promise<void>) {
    await using entry = await start(house.smtp, { variables });
    await test(entry);
  }

  test("a rate limit is told in advance, and then a 429 that says when to come back", () =>
    using({ EDGEPOST_RATE_LIMIT: "2/3600s" }, async (entry) => {
      const answers = [];
      for (let request = 0; request < 3; request++) answers.push(await entry.request("POST", "/v1/messages", MESSAGE));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(answers[0]?.headers.get("ratelimit")).toMatch(/r=1;/);
      expect(Number(answers[2]?.headers.get("retry-after"))).toBeGreaterThan(3000);
      expect(answers[2]?.body).toMatchObject({ code: "rate-limited" });
    }));

  test("a web page that was named may call, another one may not", () =>
    using({ EDGEPOST_CORS_ORIGINS: "https://app.example.com" }, async (entry) => {
      const ask = async (origin: string) =>
        (await entry.request("POST", "/v1/messages", MESSAGE, { origin })).headers.get("access-control-allow-origin");
      expect(await ask("https://app.example.com")).toBe("https://app.example.com");
      expect(await ask("https://evil.example.net")).toBeNull();
    }));

  test("content is kept where the operator said so", () =>
    using({ EDGEPOST_KEEP_CONTENT: "true" }, async (entry) => {
      const { body } = await entry.request("POST", "/v1/messages", MESSAGE);
      const { content } = (await entry.request("GET", `/v1/messages/${body.id}`)).body;
      expect(atob(content)).toContain("Subject: Hi\r\n");
    }));

  test("a sealed password that was changed in the database is a 500 that tells nothing, and stops nobody else", async () => {
    const sql = readFileSync(new URL("../store/older/first-release.sql", import.meta.url), "utf8");
    const database = [
      ...sql.split("\n").filter((line) => line !== "" && !line.startsWith("--")),
      // An address, so that nobody is asked where a name leads.
      "UPDATE connections SET settings = replace(settings, 'mail.example.com', '93.184.216.34')",
      "UPDATE connections SET secrets = substr(secrets, 1, length(secrets) - 4) || 'AAAA'",
    ];
    await using entry = await start(house.smtp, { database });
    const { from: _, ...message } = MESSAGE;
    const failed = await entry.request("POST", "/v1/messages", { ...message, connection: "team/alerts" });
    expect(failed).toMatchObject({ status: 500, body: { code: "internal-error" } });
    expect(Object.keys(failed.body).sort()).toEqual(["code", "detail", "instance", "status", "title", "type"]);
    await expect.poll(() => entry.log).toMatch(/"level":"error".*"code":"internal-error".*SealedError/);
    expect(await entry.request("POST", "/v1/messages", MESSAGE)).toMatchObject({ status: 200 });
    // Every message of the older release is there yet; what was being sent then is unknown where a restart tells.
    const { body } = await entry.request("GET", "/v1/messages?limit=100");
    expect(body.messages).toHaveLength(6);
  });
}
