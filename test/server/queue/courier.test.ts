import { MailError, type OutgoingMail, type Receipt, type SendOptions } from "@edgepost/core";
import { createServer, type MailServer } from "@edgepost/server";
import { embeddedQueue } from "@edgepost/server/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { QueueLimits } from "../../../packages/server/src/queue/limits.ts";
import { memoryStore } from "../../../packages/server/src/store/memory.ts";
import type { OutboxStore } from "../../../packages/server/src/store/outbox.ts";
import type { Store } from "../../../packages/server/src/store/store.ts";
import { type Answer, acceptAll, MESSAGE, TOKEN } from "../endpoint.ts";

// Time is virtual here: an hour passes when a test says so.
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-20T12:00:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

type Send = (mail: OutgoingMail, options: SendOptions) => Promise<Receipt>;

interface Scene {
  readonly server: MailServer;
  readonly store: Store;
  /** Everything a mail server was asked to take, and when. */
  readonly asked: { readonly mail: OutgoingMail; readonly at: number }[];
  /** What the mail servers do from now on. */
  send: Send;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Stores a message for later; the id it got. */
  keep(message?: object): Promise<string>;
  read(id: string): Promise<Answer["body"]>;
}

interface SceneOptions {
  readonly limits?: Partial<QueueLimits>;
  readonly outbox?: (outbox: OutboxStore) => Partial<OutboxStore>;
  readonly connections?: Readonly<Record<string, object>>;
  readonly tellsFinal?: boolean;
  readonly store?: Store;
}

async function open({ limits, outbox, connections, tellsFinal = true, ...given }: SceneOptions = {}): Promise<Scene> {
  const plain = given.store ?? memoryStore();
  const store = { ...plain, outbox: { ...plain.outbox, ...outbox?.(plain.outbox) } };
  const server = createServer({
    transport: () => ({
      name: "test",
      ...(tellsFinal && { tellsFinal }),
      send(mail, options = {}) {
        scene.asked.push({ mail, at: Date.now() });
        return scene.send(mail, options);
      },
    }),
    store,
    encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    connections: { main: { host: "mail.example.com" }, other: { host: "other.example.com" }, ...connections },
    keys: [{ name: "test", token: TOKEN }],
    outbox: embeddedQueue(),
    ...(limits !== undefined && { outboxLimits: limits }),
  });
  server.start();
  const scene: Scene = {
    server,
    store,
    asked: [],
    send: accept,
    async ask(method, path, body) {
      const response = await server.request(path, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          prefer: "respond-async",
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json(), headers: response.headers };
    },
    async keep(message = {}) {
      const answer = await scene.ask("POST", "/v1/messages", { ...MESSAGE, ...message });
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      return answer.body.id;
    },
    read: async (id) => (await scene.ask("GET", `/v1/messages/${id}`)).body,
  };
  return scene;
}

const accept: Send = async (mail, { onFinal }) => {
  await onFinal?.();
  return acceptAll(mail);
};

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const down: Send = async () => {
  throw new MailError("connect-failed", "Nobody is there.", { phase: "connect", retryable: true });
};

/** A process that does nothing more but what it was at. */
function standsStill({ takeOver }: OutboxStore): Partial<OutboxStore> {
  let looks = 0;
  return { renew: async () => {}, takeOver: (wanted) => (looks++ < 1 ? takeOver(wanted) : new Promise(() => {})) };
}

const neverEnds: Send = async (_mail, { onFinal }) => {
  await onFinal?.();
  return new Promise(() => {});
};

describe("a mail server that is down", () => {
  test("for an hour costs no message, and few attempts", async () => {
    const scene = await open();
    scene.send = down;
    const ids = await Promise.all(Array.from({ length: 20 }, () => scene.keep()));
    await pass(HOUR_MS);
    for (const id of ids) expect(["queued", "deferred"]).toContain((await scene.read(id)).state);
    expect(scene.asked.length).toBeLessThan(60);
    scene.send = accept;
    await pass(HOUR_MS);
    for (const id of ids) expect(await scene.read(id)).toMatchObject({ state: "sent", error: null });
    expect(new Set(scene.asked.map(({ mail }) => mail.messageId)).size).toBe(20);
  });

  test("for longer than a message may wait fails it, and somebody may have it sent again", async () => {
    const scene = await open({ limits: { maxAgeMs: 2 * HOUR_MS } });
    scene.send = down;
    const id = await scene.keep();
    await pass(3 * HOUR_MS);
    const failed = await scene.read(id);
    expect(failed).toMatchObject({ state: "failed", error: { code: "connect-failed" }, dueAt: null });
    expect(failed.content).not.toBeNull();
    const attempts = scene.asked.length;
    await pass(HOUR_MS);
    expect(scene.asked).toHaveLength(attempts);
    scene.send = accept;
    expect((await scene.ask("POST", `/v1/messages/${id}/retry`)).status).toBe(202);
    await pass(HOUR_MS);
    expect((await scene.read(id)).state).toBe("sent");
  });

  test("is left alone after three faults in a row, which is told, and taken up again", async () => {
    const scene = await open();
    scene.send = async () => {
      throw new MailError("auth-failed", "Wrong password.", { phase: "auth", reply: { code: 535, text: "No" } });
    };
    const ids = await Promise.all(Array.from({ length: 50 }, () => scene.keep()));
    await pass(50 * SECOND_MS);
    // Three, and what was under way with the third.
    expect(scene.asked.length).toBeLessThanOrEqual(3 + 5);
    const paused = (await scene.store.events.list({ after: 0, limit: 1_000 })).filter(
      ({ type }) => type === "connection.paused",
    );
    expect(paused).toMatchObject([{ connection: "main", data: { reason: "auth-failed: Wrong password." } }]);
    scene.send = accept;
    await pass(HOUR_MS);
    for (const id of ids) expect((await scene.read(id)).state).toBe("sent");
    const types = (await scene.store.events.list({ after: 0, limit: 1_000 })).map(({ type }) => type);
    expect(types).toContain("connection.resumed");
  });
});

describe("attempts", () => {
  test("come further and further apart, never longer than an hour", async () => {
    const scene = await open();
    scene.send = async () => {
      throw new MailError("message-rejected", "Later.", { phase: "body", reply: { code: 451, text: "Later" } });
    };
    await scene.keep();
    await pass(12 * HOUR_MS);
    const gaps = scene.asked.slice(1).map(({ at }, index) => at - (scene.asked[index]?.at ?? 0));
    for (const [index, gap] of gaps.entries()) {
      const longest = Math.min(HOUR_MS, 30 * SECOND_MS * 2 ** index);
      expect(gap).toBeGreaterThanOrEqual(longest / 2);
      expect(gap).toBeLessThanOrEqual(longest + 2 * SECOND_MS);
    }
    expect(gaps.length).toBeGreaterThan(12);
  });

  test("go to a transport that cannot tell its final dot as if it were sent at once", async () => {
    const scene = await open({ tellsFinal: false });
    scene.send = () => new Promise(() => {});
    const id = await scene.keep();
    await pass(SECOND_MS);
    expect(await scene.store.outbox.attempts(id)).toMatchObject([{ stage: "final" }]);
  });
});

describe("a process that stands still, or dies,", () => {
  test("before the final dot: its message is sent by another one, and by itself no more", async () => {
    const frozen = Promise.withResolvers<void>();
    const store = memoryStore();
    const first = await open({ store, outbox: standsStill });
    first.send = async (mail, { onFinal }) => {
      await frozen.promise;
      await onFinal?.();
      return acceptAll(mail);
    };
    const id = await first.keep();
    await pass(SECOND_MS);
    const second = await open({ store });
    await pass(2 * MINUTE_MS);
    expect(second.asked).toHaveLength(1);
    frozen.resolve();
    await pass(SECOND_MS);
    expect(await second.read(id)).toMatchObject({ state: "sent", attempts: 2 });
    expect((await store.outbox.attempts(id)).map(({ stage }) => stage)).toEqual(["interrupted", "done"]);
  });

  test("after the final dot: nobody sends it again, and its late word is heard", async () => {
    const frozen = Promise.withResolvers<void>();
    const store = memoryStore();
    const first = await open({ store, outbox: standsStill });
    first.send = async (mail, { onFinal }) => {
      await onFinal?.();
      await frozen.promise;
      return acceptAll(mail);
    };
    const id = await first.keep();
    await pass(SECOND_MS);
    const second = await open({ store });
    await pass(2 * MINUTE_MS);
    expect(await second.read(id)).toMatchObject({ state: "unknown", recipients: [{ state: "unknown" }] });
    expect(second.asked).toHaveLength(0);
    expect((await second.ask("POST", `/v1/messages/${id}/retry`)).status).toBe(409);
    frozen.resolve();
    await pass(SECOND_MS);
    expect(await second.read(id)).toMatchObject({ state: "sent", attempts: 1 });
  });

  test("five times over the same message: it is poison, and is left for somebody to look at", async () => {
    const store = memoryStore();
    const stuck: Send = () => new Promise(() => {});
    let scene = await open({ store });
    scene.send = stuck;
    const id = await scene.keep();
    for (let death = 0; death < 5; death++) {
      await pass(SECOND_MS);
      // The old process is gone: all its leases are taken over at the start of the next.
      vi.clearAllTimers();
      scene = await open({ store });
      scene.send = stuck;
      await scene.server.recover();
    }
    await pass(MINUTE_MS);
    expect(await scene.read(id)).toMatchObject({ state: "failed", attempts: 5, error: { code: "aborted" } });
    expect((await scene.read(id)).content).not.toBeNull();
  });
});

describe("a database", () => {
  test("that is full when a message was accepted is written to when there is room", async () => {
    let isFull = true;
    const scene = await open({
      outbox: (outbox) => ({
        settle: (...given) =>
          isFull ? Promise.reject(new Error("database or disk is full")) : outbox.settle(...given),
      }),
    });
    const id = await scene.keep();
    await pass(MINUTE_MS);
    expect((await scene.read(id)).state).toBe("sending");
    isFull = false;
    await pass(MINUTE_MS);
    expect(await scene.read(id)).toMatchObject({ state: "sent", attempts: 1 });
    expect(scene.asked).toHaveLength(1);
  });

  test("that is gone before the final dot stops the message, which is sent when it is back", async () => {
    let isGone = true;
    const scene = await open({
      outbox: (outbox) => ({
        markFinal: (...given) =>
          isGone ? Promise.reject(new Error("database is locked")) : outbox.markFinal(...given),
      }),
    });
    const id = await scene.keep();
    await pass(SECOND_MS);
    expect(await scene.read(id)).toMatchObject({ state: "deferred", error: { code: "aborted", retryable: true } });
    isGone = false;
    await pass(5 * MINUTE_MS);
    expect(await scene.read(id)).toMatchObject({ state: "sent", attempts: 2 });
  });

  test("that is away when a lease should be used drops the lease, and the message waits again", async () => {
    let isAway = true;
    const scene = await open({
      outbox: ({ openAttempt, release }) => ({
        openAttempt: (...given) => (isAway ? Promise.reject(new Error("away")) : openAttempt(...given)),
        release: (...given) => (isAway ? Promise.reject(new Error("away")) : release(...given)),
      }),
    });
    const id = await scene.keep();
    await pass(5 * SECOND_MS);
    isAway = false;
    await pass(3 * MINUTE_MS);
    expect(await scene.read(id)).toMatchObject({ state: "sent", attempts: 1 });
  });

  test("that is away for a while delays messages, and nothing else", async () => {
    let isAway = true;
    const away = <Arguments extends unknown[], Result>(work: (...given: Arguments) => Promise<Result>) => {
      return (...given: Arguments) => (isAway ? Promise.reject(new Error("database is away")) : work(...given));
    };
    const scene = await open({
      outbox: ({ lease, lanes, openAttempt, takeOver }) => ({
        lease: away(lease),
        lanes: away(lanes),
        openAttempt: away(openAttempt),
        takeOver: async (wanted) => (isAway ? [] : takeOver(wanted)),
      }),
    });
    const id = await scene.keep();
    await pass(10 * MINUTE_MS);
    expect((await scene.read(id)).state).toBe("queued");
    isAway = false;
    await pass(10 * SECOND_MS);
    expect(await scene.read(id)).toMatchObject({ state: "sent", attempts: 1 });
  });
});

describe("a clock", () => {
  test("that leaps ahead makes nobody send what is being sent", async () => {
    const scene = await open();
    const slow = Promise.withResolvers<void>();
    scene.send = async (mail, { onFinal }) => {
      await slow.promise;
      await onFinal?.();
      return acceptAll(mail);
    };
    const id = await scene.keep();
    await pass(SECOND_MS);
    vi.setSystemTime(Date.now() + 3 * HOUR_MS);
    await pass(5 * SECOND_MS);
    slow.resolve();
    await pass(SECOND_MS);
    expect(await scene.read(id)).toMatchObject({ state: "sent", attempts: 1 });
    expect(scene.asked).toHaveLength(1);
  });

  test("that goes back an hour loses nothing", async () => {
    const scene = await open();
    scene.send = async () => {
      throw new MailError("message-rejected", "Later.", { phase: "body", reply: { code: 451, text: "Later" } });
    };
    const id = await scene.keep();
    await pass(SECOND_MS);
    vi.setSystemTime(Date.now() - HOUR_MS);
    scene.send = accept;
    await pass(2 * HOUR_MS);
    expect(await scene.read(id)).toMatchObject({ state: "sent", attempts: 2 });
  });
});

describe("limits", () => {
  test("a connection that never answers does not hold up another", async () => {
    const scene = await open();
    scene.send = (mail, options) =>
      mail.envelope.to[0] === "slow@example.com" ? neverEnds(mail, options) : accept(mail, options);
    const slow = await scene.store.messages.find(
      await scene.keep({ to: "slow@example.com", sendAt: "2026-11-20T12:00:01Z" }),
    );
    if (slow === undefined) throw new Error("It was stored.");
    const body = (await scene.store.messages.body(slow.id)) ?? null;
    for (let index = 0; index < 10_000; index++) {
      await scene.store.messages.begin({ message: { ...slow, id: `slow-${index}` }, body, leaseUntil: null }, 0);
    }
    await pass(2 * SECOND_MS);
    const id = await scene.keep({ connection: "other" });
    await pass(2 * SECOND_MS);
    expect((await scene.read(id)).state).toBe("sent");
    expect(scene.asked.filter(({ mail }) => mail.envelope.to[0] === "slow@example.com")).toHaveLength(5);
  });

  test("a connection keeps to its rate", async () => {
    const rate = { messages: 3, perMs: 10 * SECOND_MS };
    const scene = await open({ connections: { main: { host: "mail.example.com", pool: { rate } } } });
    for (let index = 0; index < 9; index++) await scene.keep();
    await pass(5 * SECOND_MS);
    expect(scene.asked).toHaveLength(3);
    await pass(30 * SECOND_MS);
    expect(scene.asked).toHaveLength(9);
    for (const [index, { at }] of scene.asked.slice(3).entries()) {
      expect(at - (scene.asked[index]?.at ?? 0)).toBeGreaterThanOrEqual(rate.perMs);
    }
  });

  test("a connection keeps to its daily quota, and goes on the next day", async () => {
    const scene = await open();
    const delivery = { dailyQuota: 2 };
    const created = await scene.ask("POST", "/v1/connections", { name: "limited", host: "8.8.8.8", delivery });
    expect(created).toMatchObject({ status: 201, body: { delivery } });
    for (let index = 0; index < 5; index++) await scene.keep({ connection: "limited" });
    await pass(HOUR_MS);
    expect(scene.asked).toHaveLength(2);
    await pass(24 * HOUR_MS);
    expect(scene.asked).toHaveLength(4);
  });

  test("a configured connection has a quota and a longest age of its own, which hold for what is sent again by hand, too", async () => {
    const delivery = { dailyQuota: 2, maxAgeMs: 2 * HOUR_MS };
    const scene = await open({ connections: { main: { host: "mail.example.com", delivery } } });
    scene.send = async () => {
      throw new MailError("message-rejected", "No.", { phase: "body", reply: { code: 554, text: "No" } });
    };
    const [first = ""] = [await scene.keep(), await scene.keep(), await scene.keep()];
    await pass(HOUR_MS);
    expect(scene.asked).toHaveLength(2);
    const again = await scene.ask("POST", `/v1/messages/${first}/retry`);
    expect(again).toMatchObject({ status: 202, body: { expiresAt: new Date(Date.now() + 2 * HOUR_MS).toISOString() } });
  });

  test("more than may wait is answered with 429 and when to come again", async () => {
    const scene = await open({ limits: { maxWaiting: 3 } });
    scene.send = neverEnds;
    const sendAt = "2027-01-01T00:00:00Z";
    for (let index = 0; index < 3; index++) await scene.keep({ sendAt });
    const refused = await scene.ask("POST", "/v1/messages", { ...MESSAGE, sendAt });
    expect(refused).toMatchObject({ status: 429, body: { code: "rate-limited" } });
    expect(refused.headers.get("retry-after")).toBe("60");
  });
});
