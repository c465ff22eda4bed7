import { describe, expect, test } from "vitest";
import { allQueued } from "../../../packages/server/src/messages/recipients.ts";
import type { MessageOutcome, MessageRecord, StoredBody } from "../../../packages/server/src/store/message-record.ts";
import { FIRST_LEASE } from "../../../packages/server/src/store/outbox.ts";
import type { ConnectionRecord, KeyRecord, Store } from "../../../packages/server/src/store/store.ts";
import { STORES } from "./drivers.ts";

const KEY: KeyRecord = {
  id: "k1",
  name: "billing",
  hash: "ab".repeat(32),
  scopes: ["messages:send", "connections:use"],
  connections: ["main"],
  createdAt: 1_000,
  expiresAt: null,
};

const CONNECTION: ConnectionRecord = {
  name: "team/alerts",
  settings: '{"host":"mail.example.com"}',
  secrets: "sealed",
  system: false,
  revision: 1,
  createdAt: 1_000,
  updatedAt: 1_000,
  lastUsedAt: null,
  lastError: null,
};

const MESSAGE: MessageRecord = {
  id: "m1",
  key: "k1",
  connection: "main",
  idempotency: null,
  messageId: "<1@example.com>",
  subject: "Grüße ✓",
  envelope: { from: "", to: ["a@example.com", "b@example.com"] },
  recipientsMode: "best-effort",
  onUnknown: "keep",
  size: 1234,
  state: "sending",
  recipients: allQueued(["a@example.com", "b@example.com"]),
  reply: null,
  downgrades: [],
  error: null,
  attempts: 1,
  interruptions: 0,
  createdAt: 1_000,
  dueAt: null,
  expiresAt: null,
  finishedAt: null,
};

const BODY: StoredBody = {
  bytes: new Uint8Array([0, 13, 10, 255]),
  dsn: { notify: ["failure"], envelopeId: "7" },
  requireTls: true,
  isKept: true,
};

const PARTIAL: MessageOutcome = {
  state: "partial",
  recipients: [
    { address: "a@example.com", state: "accepted", reply: null },
    { address: "b@example.com", state: "rejected", reply: { code: 550, enhancedCode: "5.1.1", text: "No" } },
  ],
  reply: { code: 250, text: "queued" },
  downgrades: ["dsn"],
  size: 1240,
  error: null,
  dueAt: null,
  finishedAt: 2_000,
};

const FAILED: MessageOutcome = {
  ...PARTIAL,
  state: "failed",
  recipients: [],
  error: { code: "connect-failed", phase: "connect", detail: "No route.", retryable: true },
};

/** As a request writes it that sends it at once. */
function begin({ messages }: Store, message: MessageRecord, since = 0, body: StoredBody | null = null) {
  return messages.begin({ message, body, leaseUntil: message.createdAt + 5_000 }, since);
}

function finish({ outbox }: Store, id: string, message: MessageOutcome, keepsIdempotency = true): Promise<boolean> {
  return outbox.settle({ id, ...FIRST_LEASE }, { message, at: 2_000, keepsIdempotency, isInterruption: false });
}

describe.each(STORES)("%s", (_name, open) => {
  describe("settings", () => {
    test("the first value stays until it is replaced", async () => {
      const { settings } = await open();
      expect(await settings.keep("a", "1")).toBe("1");
      expect(await settings.keep("a", "2")).toBe("1");
      await settings.replace("a", "3");
      expect(await settings.keep("a", "4")).toBe("3");
    });

    test("of many that start at once, all go on with one value", async () => {
      const { settings } = await open();
      const values = await Promise.all(Array.from({ length: 20 }, (_, index) => settings.keep("a", String(index))));
      expect(new Set(values).size).toBe(1);
    });
  });

  describe("keys", () => {
    test("come back as they were put in, in the order they were made", async () => {
      const { keys } = await open();
      const other: KeyRecord = { ...KEY, id: "k2", connections: null, expiresAt: 5_000, scopes: [] };
      await keys.insert(KEY);
      await keys.insert(other);
      expect(await keys.find("k1")).toEqual(KEY);
      expect(await keys.find("k3")).toBeUndefined();
      expect(await keys.list()).toEqual([KEY, other]);
    });

    test("can be taken away, once", async () => {
      const { keys } = await open();
      await keys.insert(KEY);
      expect(await keys.remove("k1")).toBe(true);
      expect(await keys.remove("k1")).toBe(false);
      expect(await keys.find("k1")).toBeUndefined();
    });
  });

  describe("connections", () => {
    test("come back as they were put in, sorted by name, and a name is taken only once", async () => {
      const { connections } = await open();
      const other: ConnectionRecord = { ...CONNECTION, name: "main", secrets: null, lastUsedAt: 5, lastError: "No." };
      expect(await connections.insert(CONNECTION)).toBe(true);
      expect(await connections.insert(other)).toBe(true);
      expect(await connections.insert({ ...CONNECTION, settings: "{}" })).toBe(false);
      expect(await connections.find("team/alerts")).toEqual(CONNECTION);
      expect(await connections.find("team")).toBeUndefined();
      expect(await connections.list()).toEqual([other, CONNECTION]);
    });

    test("change only for the one who saw the revision before", async () => {
      const { connections } = await open();
      await connections.insert(CONNECTION);
      await connections.noteUse("team/alerts", 1_500, "No.");
      const changed: ConnectionRecord = {
        ...CONNECTION,
        settings: '{"host":"b"}',
        secrets: null,
        revision: 2,
        updatedAt: 2_000,
      };
      expect(await connections.update(changed)).toBe(true);
      expect(await connections.update({ ...changed, settings: "late" })).toBe(false);
      expect(await connections.update({ ...changed, name: "nobody" })).toBe(false);
      expect(await connections.find("team/alerts")).toEqual(changed);
    });

    test("remember how they last served", async () => {
      const { connections } = await open();
      await connections.insert(CONNECTION);
      await connections.noteUse("team/alerts", 3_000, "The server refused.");
      expect(await connections.find("team/alerts")).toEqual({
        ...CONNECTION,
        lastUsedAt: 3_000,
        lastError: "The server refused.",
      });
      await connections.noteUse("team/alerts", 4_000, null);
      expect(await connections.find("team/alerts")).toEqual({ ...CONNECTION, lastUsedAt: 4_000, lastError: null });
    });

    test("get their secrets sealed anew, unless somebody changed them meanwhile", async () => {
      const { connections } = await open();
      await connections.insert(CONNECTION);
      await connections.reseal("team/alerts", "other", "late");
      expect(await connections.find("team/alerts")).toEqual(CONNECTION);
      await connections.reseal("team/alerts", "sealed", "sealed anew");
      expect(await connections.find("team/alerts")).toEqual({ ...CONNECTION, secrets: "sealed anew" });
    });

    test("one at most is the system connection, the one that was made it last", async () => {
      const { connections } = await open();
      expect(await connections.findSystem()).toBeUndefined();
      await connections.insert({ ...CONNECTION, name: "a", system: true });
      await connections.insert({ ...CONNECTION, name: "b", system: true });
      expect((await connections.findSystem())?.name).toBe("b");
      await connections.update({ ...CONNECTION, name: "a", system: true, revision: 2 });
      expect((await connections.list()).map(({ name, system }) => [name, system])).toEqual([
        ["a", true],
        ["b", false],
      ]);
    });

    test("can be taken away, once", async () => {
      const { connections } = await open();
      await connections.insert(CONNECTION);
      expect(await connections.remove("team/alerts")).toBe(true);
      expect(await connections.remove("team/alerts")).toBe(false);
    });
  });

  describe("messages", () => {
    test("come back as they were put in, and as they ended", async () => {
      const store = await open();
      const { messages } = store;
      expect(await begin(store, MESSAGE, 0, BODY)).toBeUndefined();
      expect(await messages.find("m1")).toEqual(MESSAGE);
      expect(await messages.body("m1")).toEqual(BODY);
      expect(await finish(store, "m1", PARTIAL)).toBe(true);
      expect(await messages.find("m1")).toEqual({ ...MESSAGE, ...PARTIAL });
      expect(await messages.find("m2")).toBeUndefined();
      expect(await messages.body("m2")).toBeUndefined();
    });

    test("are listed newest first, in pages, through filters", async () => {
      const store = await open();
      const { messages } = store;
      const variants: Partial<MessageRecord>[] = [
        {},
        { connection: null },
        { key: "k2" },
        { envelope: { from: "a@example.com", to: ["zoë@example.com"] } },
        { state: "sent" },
      ];
      for (const [index, variant] of variants.entries())
        await begin(store, { ...MESSAGE, id: `m${index}`, ...variant });
      const ids = async (query: Partial<Parameters<typeof messages.list>[0]>) =>
        (await messages.list({ limit: 10, ...query })).map(({ id }) => id);

      expect(await ids({})).toEqual(["m4", "m3", "m2", "m1", "m0"]);
      expect(await ids({ limit: 2 })).toEqual(["m4", "m3"]);
      expect(await ids({ limit: 2, before: "m3" })).toEqual(["m2", "m1"]);
      expect(await ids({ state: "sent" })).toEqual(["m4"]);
      expect(await ids({ connection: "main", key: "k1", state: "sending" })).toEqual(["m3", "m0"]);
      expect(await ids({ key: "k2" })).toEqual(["m2"]);
      expect(await ids({ recipient: "zoë@example.com" })).toEqual(["m3"]);
      expect(await ids({ recipient: "' OR 1=1 --" })).toEqual([]);
    });

    test("are forgotten after their time with all that is theirs, unless they wait or are being sent", async () => {
      const store = await open();
      const { messages, outbox, events } = store;
      await begin(store, { ...MESSAGE, id: "sending" });
      await messages.begin(
        { message: { ...MESSAGE, id: "waiting", state: "queued", dueAt: 9 }, body: BODY, leaseUntil: null },
        0,
      );
      await begin(store, { ...MESSAGE, id: "old" }, 0, BODY);
      await begin(store, { ...MESSAGE, id: "new", createdAt: 9_000 });
      await finish(store, "old", PARTIAL);
      await finish(store, "new", PARTIAL);
      await messages.prune(5_000);
      expect((await messages.list({ limit: 10 })).map(({ id }) => id)).toEqual(["waiting", "sending", "new"]);
      expect(await messages.body("old")).toBeUndefined();
      expect(await messages.body("waiting")).toEqual(BODY);
      expect(await outbox.attempts("old")).toEqual([]);
      expect(await events.ofMessage("old")).toEqual([]);
    });
  });

  describe("idempotency", () => {
    const idempotency = { route: "/v1/messages", key: "order-1", fingerprint: "f1" };
    const FIRST: MessageRecord = { ...MESSAGE, id: "first", idempotency };
    const SECOND: MessageRecord = { ...FIRST, id: "second", idempotency: { ...idempotency, fingerprint: "f2" } };

    test("the second request with a key gets the first one's row, and leaves none", async () => {
      const store = await open();
      const { messages } = store;
      expect(await begin(store, FIRST)).toBeUndefined();
      expect(await begin(store, SECOND)).toEqual(FIRST);
      await finish(store, "first", PARTIAL);
      expect(await begin(store, SECOND)).toMatchObject({ id: "first", state: "partial", idempotency });
      expect(await messages.find("second")).toBeUndefined();
    });

    test("the row of a request can be asked for before there is a second one", async () => {
      const store = await open();
      const { messages } = store;
      await begin(store, FIRST);
      expect(await messages.findRequest("k1", idempotency, 0)).toEqual(FIRST);
      expect(await messages.findRequest("k1", idempotency, FIRST.createdAt + 1)).toBeUndefined();
      expect(await messages.findRequest("k2", idempotency, 0)).toBeUndefined();
      expect(await messages.findRequest("k1", { ...idempotency, key: "order-2" }, 0)).toBeUndefined();
    });

    test("of many at once, one is first", async () => {
      const store = await open();
      const { messages } = store;
      const all = Array.from({ length: 50 }, (_, index) => begin(store, { ...FIRST, id: `m${index}` }));
      const results = await Promise.all(all);
      expect(results.filter((existing) => existing === undefined)).toHaveLength(1);
      expect(await messages.list({ limit: 100 })).toHaveLength(1);
    });

    test("keys of others, and of other routes, are other keys", async () => {
      const store = await open();
      await begin(store, FIRST);
      expect(await begin(store, { ...SECOND, key: "k2" })).toBeUndefined();
      const elsewhere = { ...idempotency, route: "/v1/connectors/windmill/send" };
      expect(await begin(store, { ...SECOND, id: "third", idempotency: elsewhere })).toBeUndefined();
    });

    test("a failure that may be tried again gives the key free, with its row kept", async () => {
      const store = await open();
      const { messages } = store;
      await begin(store, FIRST);
      await finish(store, "first", FAILED, false);
      expect(await begin(store, SECOND)).toBeUndefined();
      expect(await messages.find("first")).toMatchObject({ state: "failed", error: FAILED.error, idempotency: null });
    });

    test("a key is free again when its time is over", async () => {
      const store = await open();
      const { messages } = store;
      await begin(store, FIRST);
      expect(await begin(store, SECOND, FIRST.createdAt)).toMatchObject({ id: "first" });
      expect(await begin(store, SECOND, FIRST.createdAt + 1)).toBeUndefined();
      expect(await messages.find("first")).toMatchObject({ idempotency: null });
    });
  });

  test("answers when asked whether it works", async () => {
    await expect((await open()).check()).resolves.toBeUndefined();
  });
});
