import { MailError, type OutgoingMail, type Receipt } from "@edgepost/core";
import type { Delivered, QueueEngine } from "@edgepost/server";
import { describe, expect, test } from "vitest";
import { acceptAll, MESSAGE, testEndpoint } from "../endpoint.ts";

// What an engine that brings ids, as a queue at the edge does, is told of each.

const MINUTE_MS = 60_000;
const START = Date.parse("2026-11-20T12:00:00Z");

/** Wakes nobody: here the test brings the ids. */
const SILENT: QueueEngine = { start() {}, async announce() {}, async close() {} };

type Send = (mail: OutgoingMail) => Promise<Receipt>;

function open() {
  const names = Array.from({ length: 6 }, (_, index) => `mail-${index}`);
  const scene = { now: START, send: (async (mail) => acceptAll(mail)) as Send };
  const { app, ask, sent } = testEndpoint({
    outbox: SILENT,
    clock: () => new Date(scene.now),
    connections: Object.fromEntries(names.map((name) => [name, { host: `${name}.example.com` }])),
    send: (mail, options = {}) => Promise.resolve(options.onFinal?.()).then(() => scene.send(mail)),
  });
  return Object.assign(scene, {
    sent,
    names,
    async store(connection = "mail-0", message: object = {}): Promise<string> {
      const answer = await ask("POST", "/v1/messages", {
        ...MESSAGE,
        connection,
        sendAt: new Date(scene.now).toISOString(),
        ...message,
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      return answer.body.id;
    },
    /** Minutes from now until each is to be brought again. */
    async deliver(ids: readonly string[]): Promise<readonly (number | null)[]> {
      return minutes(await app.deliver(ids), scene.now);
    },
  });
}

function minutes(delivered: readonly Delivered[], now: number): readonly (number | null)[] {
  return delivered.map(({ dueAt }) => dueAt && (dueAt - now) / MINUTE_MS);
}

describe("ids that an engine brings", () => {
  test("are sent, each once, and need not come again", async () => {
    const { store, deliver, sent } = open();
    const ids = [await store(), await store(), await store("mail-1")];
    expect(await deliver([...ids, "of-no-message"])).toEqual([null, null, null, null]);
    expect(await deliver(ids)).toEqual([null, null, null]);
    expect(sent).toHaveLength(3);
  });

  test("go one after the other over each connection, and over four connections at once", async () => {
    const scene = open();
    const { store, deliver, names, sent } = scene;
    const ids = [];
    for (const name of names) ids.push(await store(name), await store(name));
    const underWay = Promise.withResolvers<void>();
    scene.send = async (mail) => {
      await underWay.promise;
      return acceptAll(mail);
    };
    const first = deliver(ids);
    await expect.poll(() => sent.length).toBe(4);
    underWay.resolve();
    expect(await first).toEqual([...Array(8).fill(null), 0, 0, 0, 0]);
    expect(await deliver(ids.slice(8))).toEqual([null, null, null, null]);
    expect(sent).toHaveLength(12);
  });

  test("of which somebody else has a message come again when his lease is over", async () => {
    const scene = open();
    const id = await scene.store();
    const underWay = Promise.withResolvers<void>();
    scene.send = async (mail) => {
      await underWay.promise;
      return acceptAll(mail);
    };
    const first = scene.deliver([id]);
    await expect.poll(() => scene.sent.length).toBe(1);
    expect(await scene.deliver([id])).toEqual([20]);
    underWay.resolve();
    expect(await first).toEqual([null]);
    expect(scene.sent).toHaveLength(1);
  });

  test("that come too early come again at their time", async () => {
    const { store, deliver } = open();
    const id = await store("mail-0", { sendAt: new Date(START + 5 * MINUTE_MS).toISOString() });
    expect(await deliver([id])).toEqual([5]);
  });

  test("of a connection that rests come again when it may be used, those of others go on", async () => {
    const scene = open();
    scene.send = async (mail) => {
      if (mail.envelope.to[0] !== "b@example.com") return acceptAll(mail);
      throw new MailError("auth-failed", "No.", { phase: "auth", reply: { code: 535, text: "No" } });
    };
    const ids = [];
    for (let index = 0; index < 5; index++) ids.push(await scene.store());
    const other = await scene.store("mail-1", { to: "c@example.com" });
    const [first, second, third, fourth, fifth, sixth] = await scene.deliver([...ids, other]);
    for (const tried of [first, second, third]) expect(tried).toBeGreaterThan(0);
    expect([fourth, fifth, sixth]).toEqual([1, 1, null]);
    expect(scene.sent).toHaveLength(4);
  });

  test("of a slow connection are given back after a while, so that others have their turn", async () => {
    const scene = open();
    scene.send = async (mail) => {
      scene.now += 15_000;
      return acceptAll(mail);
    };
    const ids = [await scene.store(), await scene.store(), await scene.store()];
    const startedAt = scene.now;
    await scene.deliver(ids);
    expect(scene.sent).toHaveLength(2);
    expect(scene.now).toBe(startedAt + 30_000);
    await scene.deliver(ids);
    expect(scene.sent).toHaveLength(3);
  });
});
