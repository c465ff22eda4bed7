import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SmtpConnection } from "@edgepost/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { d1Store } from "../../../packages/server/src/store/d1.ts";
import { MIGRATIONS } from "../../../packages/server/src/store/migrations.ts";
import { sqliteStore } from "../../../packages/server/src/store/sqlite.ts";
import type { Store } from "../../../packages/server/src/store/store.ts";
import { type TestEndpoint, testEndpoint } from "../endpoint.ts";
import { emptyD1, temporaryFolder } from "./drivers.ts";

// Databases as servers of a release left them, as SQL. When a release adds steps, it leaves a file of its own here.
const FOLDER = new URL("./older/", import.meta.url);
const RELEASES = readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")] as const);

/** Where servers keep their database, each opened on one that is there already. */
const DRIVERS: readonly (readonly [name: string, open: (sql: string) => Promise<Store>])[] = [
  [
    "SQLite",
    async (sql) => {
      const path = join(temporaryFolder(), "edgepost.db");
      const database = new DatabaseSync(path);
      database.exec(sql);
      database.close();
      const store = await sqliteStore(path);
      onTestFinished(() => store.close());
      return store;
    },
  ],
  [
    "D1",
    async (sql) => {
      const database = await emptyD1();
      const statements = sql.split("\n").filter((line) => line !== "" && !line.startsWith("--"));
      for (const statement of statements) await database.prepare(statement).run();
      return d1Store(database);
    },
  ],
];

/** A server of today on that database, an hour after it was left; `ask` has the key that was made then. */
function open(store: Store, sql: string): TestEndpoint & { readonly token: string; readonly limitedToken: string } {
  const [token = "", limitedToken = ""] = sql.match(/\bep_\w+-?[\w-]*/g) ?? [];
  const endpoint = testEndpoint({
    store,
    encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    clock: () => new Date("2026-11-20T13:00:00Z"),
  });
  return {
    ...endpoint,
    token,
    limitedToken,
    ask: (method, path, body, own = token) => endpoint.ask(method, path, body, own),
  };
}

describe.each(DRIVERS)("a database in %s", (_driver, openStore) => {
  describe.each(RELEASES)("left by a server of %s", (_release, sql) => {
    test("is brought up to date, once", async () => {
      const database = new DatabaseSync(":memory:");
      database.exec(sql);
      const { done } = database.prepare("SELECT max(step) AS done FROM migrations").get() ?? {};
      expect(Number(done)).toBeLessThanOrEqual(MIGRATIONS.length);
      const store = await openStore(sql);
      await expect(store.check()).resolves.toBeUndefined();
    });

    test("still knows its API keys, with what they may do", async () => {
      const { ask, limitedToken } = open(await openStore(sql), sql);
      const { status, body } = await ask("GET", "/v1/keys");
      expect(status).toBe(200);
      expect(body.keys).toEqual([
        expect.objectContaining({ name: "first", connections: null, expiresAt: null }),
        expect.objectContaining({
          name: "limited",
          scopes: ["messages:send", "connections:use"],
          connections: ["team/alerts"],
          expiresAt: "2099-01-01T00:00:00.000Z",
        }),
      ]);
      expect((await ask("GET", "/v1/connections", undefined, limitedToken)).status).toBe(200);
      expect((await ask("GET", "/v1/keys", undefined, limitedToken)).status).toBe(403);
    });

    test("still sends by its connections, with the passwords and rules they had", async () => {
      const { ask, opened, sent } = open(await openStore(sql), sql);
      expect(await ask("GET", "/v1/connections/team/alerts")).toMatchObject({
        status: 200,
        body: { system: true, status: "failing", auth: { username: "u", password: "********" }, fixed: ["from"] },
      });
      const answer = await ask("POST", "/v1/messages", { to: "b@example.com", subject: "Hi", text: "Hello" });
      expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
      const connection = opened.at(-1) as SmtpConnection;
      expect(connection.auth).toMatchObject({ username: "u", password: "canary2-of-then" });
      expect(sent[0]?.envelope.from).toBe("alerts@example.com");
    });

    test("still tells what became of its messages, and what was being sent is unknown", async () => {
      const { app, ask } = open(await openStore(sql), sql);
      await app.recover();
      const { body } = await ask("GET", "/v1/messages");
      const states = body.messages.map(({ id, state }: { id: string; state: string }) => [id.at(-1), state]);
      expect(states).toEqual([
        ["5", "unknown"],
        ["4", "unknown"],
        ["3", "failed"],
        ["2", "partial"],
        ["1", "sent"],
      ]);
      const { body: first } = await ask("GET", `/v1/messages/${body.messages[4].id}`);
      expect(first).toMatchObject({
        connection: "team/alerts",
        subject: "Grüße ✓",
        envelope: { from: "a@example.com", to: ["b@example.com", "c@example.com"] },
        accepted: ["b@example.com", "c@example.com"],
        reply: { code: 250, enhancedCode: "2.0.0", text: "queued" },
        downgrades: ["dsn"],
        createdAt: "2026-11-20T12:00:00.000Z",
        ms: 500,
      });
      expect(Buffer.from(first.content, "base64").toString()).toBe("Subject: Hi\r\n\r\n\0ÿ\r\n");
      expect(body.messages[3]).toMatchObject({ rejected: [{ address: "c@example.com", reply: { code: 550 } }] });
      expect(body.messages[2]).toMatchObject({ error: { code: "connect-failed", retryable: true } });
    });

    test("still holds the idempotency keys of its day", async () => {
      const store = await openStore(sql);
      const key = { route: "/v1/messages", key: "order-1" };
      const since = Date.parse("2026-11-19T13:00:00Z");
      expect(await store.messages.findRequest("billing", key, since)).toMatchObject({
        state: "sent",
        idempotency: { ...key, fingerprint: "ab".repeat(32) },
      });
    });
  });
});
