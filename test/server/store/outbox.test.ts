import { describe, expect, test } from "vitest";
import type { MessageOutcome, MessageRecord } from "../../../packages/server/src/store/message-record.ts";
import type { LeasedMessage, SettledOutcome } from "../../../packages/server/src/store/outbox.ts";
import type { Store } from "../../../packages/server/src/store/store.ts";
import { STORES } from "./drivers.ts";
import { BODY, MESSAGE } from "./waiting-message.ts";

const SENT: MessageOutcome = {
  state: "sent",
  recipients: [{ address: "b@example.com", state: "accepted", reply: null }],
  reply: { code: 250, text: "queued" },
  downgrades: [],
  size: 10,
  error: null,
  dueAt: null,
  finishedAt: 3_000,
};

const UNKNOWN: MessageOutcome = { ...SENT, state: "unknown", reply: null };
const DEFERRED: MessageOutcome = { ...SENT, state: "deferred", dueAt: 9_000, finishedAt: null };

function settled(message: MessageOutcome, isInterruption = false): SettledOutcome {
  return { message, at: 3_000, keepsIdempotency: true, isInterruption };
}

async function keep({ messages }: Store, changes: Partial<MessageRecord> = {}): Promise<void> {
  await messages.begin({ message: { ...MESSAGE, ...changes }, body: BODY, leaseUntil: null }, 0);
}

function leaseOf({ outbox }: Store, limit = 10, now = 2_000): Promise<readonly LeasedMessage[]> {
  return outbox.lease({ from: { connection: "main", limit }, now, until: now + 5_000, holder: "h1" });
}

async function leaseOne(store: Store, now = 2_000): Promise<LeasedMessage> {
  const [leased] = await leaseOf(store, 1, now);
  if (leased === undefined) throw new Error("Nothing was due.");
  return leased;
}

function takeOver({ outbox }: Store, endedBefore: number) {
  return outbox.takeOver({ endedBefore, until: endedBefore + 5_000, holder: "h2", limit: 10 });
}

const ids = (leased: readonly LeasedMessage[]) => leased.map(({ message }) => message.id);

describe.each(STORES)("the outbox in %s", (_name, open) => {
  test("leases what is due, the longest due first, and each message once", async () => {
    const store = await open();
    await keep(store, { id: "m1", dueAt: 1_500 });
    await keep(store, { id: "m2", dueAt: 1_200 });
    await keep(store, { id: "m3", dueAt: 1_500 });
    await keep(store, { id: "m4", dueAt: 2_001 });
    await keep(store, { id: "m5", connection: "other" });
    expect(await store.outbox.lanes()).toEqual([
      { connection: "main", dueAt: 1_200 },
      { connection: "other", dueAt: 1_000 },
    ]);
    const due = async (dueAt: number, id: string, before: number, limit: number) =>
      (await store.outbox.due({ after: { dueAt, id }, before, limit })).map((one) => one.id);
    expect(await store.outbox.due({ after: { dueAt: 0, id: "" }, before: 1_500, limit: 10 })).toEqual([
      { id: "m5", connection: "other", dueAt: 1_000 },
      { id: "m2", connection: "main", dueAt: 1_200 },
    ]);
    expect(await due(1_000, "m5", 9_000, 2)).toEqual(["m2", "m1"]);
    expect(await due(1_500, "m1", 9_000, 2)).toEqual(["m3", "m4"]);
    expect(await store.outbox.depth(10)).toBe(5);
    expect(await store.outbox.depth(3)).toBe(3);
    expect(ids(await leaseOf(store, 2))).toEqual(["m2", "m1"]);
    expect(ids(await leaseOf(store, 2))).toEqual(["m3"]);
    expect(await leaseOf(store, 2)).toEqual([]);
    expect(await store.outbox.depth(10)).toBe(2);
  });

  test("leases by id what is due of that, and nothing twice at once", async () => {
    const store = await open();
    await keep(store, { id: "m1" });
    await keep(store, { id: "m2", dueAt: 9_000 });
    const wanted = { from: { ids: ["m1", "m2", "m3"] }, now: 2_000, until: 7_000, holder: "h1" };
    const both = await Promise.all([store.outbox.lease(wanted), store.outbox.lease(wanted)]);
    expect(both.flatMap(ids)).toEqual(["m1"]);
  });

  test("goes with a message from step to step, and keeps each attempt", async () => {
    const store = await open();
    const { outbox, events, messages } = store;
    await keep(store);
    const { lease, message } = await leaseOne(store);
    expect(message).toEqual(MESSAGE);
    expect(await outbox.openAttempt(lease, 2_100)).toBe(true);
    expect(await messages.find("m1")).toMatchObject({ state: "sending", attempts: 1 });
    expect(await outbox.markFinal(lease, 2_200)).toBe(true);
    expect(await outbox.settle(lease, { ...settled(DEFERRED), transcript: ["S: 450 Later"] })).toBe(true);
    expect(await messages.find("m1")).toEqual({ ...MESSAGE, ...DEFERRED, attempts: 1 });
    const again = await leaseOne(store, 9_000);
    expect(again.lease.attempt).toBe(2);
    await outbox.openAttempt(again.lease, 9_100);
    await outbox.settle(again.lease, settled(SENT));
    const done = { stage: "done", endedAt: 3_000, reply: SENT.reply, error: null };
    expect(await outbox.attempts("m1")).toEqual([
      { ...done, number: 1, openedAt: 2_100, finalAt: 2_200, transcript: ["S: 450 Later"] },
      { ...done, number: 2, openedAt: 9_100, finalAt: null, transcript: null },
    ]);
    expect((await events.ofMessage("m1")).map(({ type, data }) => [type, data.attempt])).toEqual([
      ["message.queued", undefined],
      ["message.sending", 1],
      ["message.deferred", 1],
      ["message.sending", 2],
      ["message.sent", 2],
    ]);
    expect(await messages.body("m1")).toBeUndefined();
  });

  test("lets nobody go on whose lease another one has taken over", async () => {
    const store = await open();
    const { outbox } = store;
    await keep(store);
    const first = await leaseOne(store);
    expect(await takeOver(store, 7_000)).toEqual([]);
    const [taken] = await takeOver(store, 7_001);
    expect(taken).toMatchObject({ stage: undefined, message: { state: "queued" } });
    expect(await takeOver(store, 7_001)).toEqual([]);
    await outbox.release([first.lease]);
    expect(await outbox.openAttempt(first.lease, 8_000)).toBe(false);
    if (taken !== undefined) await outbox.release([taken.lease]);

    const second = await leaseOne(store, 8_000);
    expect(await outbox.openAttempt(second.lease, 8_100)).toBe(true);
    expect(await takeOver(store, 20_000)).toMatchObject([{ stage: "opened", lease: { attempt: 1 } }]);
    expect(await outbox.markFinal(second.lease, 21_000)).toBe(false);
    expect(await outbox.settle(second.lease, settled(SENT))).toBe(false);
    expect(await store.messages.find("m1")).toMatchObject({ state: "sending" });
  });

  test("hears a late word on a message that was called unknown, unless another attempt was begun", async () => {
    const store = await open();
    const { outbox, messages } = store;
    for (const id of ["m1", "m2"]) await keep(store, { id });
    const leased = await leaseOf(store);
    for (const { lease } of leased) {
      await outbox.openAttempt(lease, 2_100);
      await outbox.markFinal(lease, 2_200);
    }
    for (const { lease, stage } of await takeOver(store, 9_000)) {
      expect(stage).toBe("final");
      expect(await outbox.settle(lease, settled(UNKNOWN, true))).toBe(true);
    }
    expect(await messages.find("m1")).toMatchObject({ state: "unknown", interruptions: 1 });
    expect(await outbox.attempts("m1")).toMatchObject([{ stage: "interrupted" }]);
    const [first, second] = leased.map(({ lease }) => lease);
    if (first === undefined || second === undefined) throw new Error("Two were leased.");
    expect(await outbox.settle(first, settled(SENT))).toBe(true);
    expect(await messages.find("m1")).toMatchObject({ state: "sent" });

    const seen = await messages.find("m2");
    if (seen !== undefined) await outbox.revise(seen, { ...DEFERRED, dueAt: 9_000 }, 99_000, 9_000);
    const again = await leaseOne(store, 9_000);
    await outbox.openAttempt(again.lease, 9_100);
    expect(await outbox.settle(second, settled(SENT))).toBe(false);
  });

  test("keeps a lease for longer, and gives back what was not begun", async () => {
    const store = await open();
    await keep(store);
    const { lease } = await leaseOne(store);
    await store.outbox.renew([lease], 50_000);
    expect(await takeOver(store, 40_000)).toEqual([]);
    await store.outbox.renew([{ ...lease, fence: 7 }], 90_000);
    expect(await takeOver(store, 50_001)).toHaveLength(1);
    await store.outbox.renew([lease], 90_000);
    const [taken] = await takeOver(store, 60_000);
    if (taken !== undefined) await store.outbox.release([taken.lease]);
    expect(ids(await leaseOf(store))).toEqual(["m1"]);
  });

  test("gives back what was not begun", async () => {
    const store = await open();
    await keep(store);
    const { lease } = await leaseOne(store);
    await store.outbox.release([lease]);
    expect(ids(await leaseOf(store))).toEqual(["m1"]);
  });

  test("changes a message only for the one who saw it as it is, and voids its lease", async () => {
    const store = await open();
    const { outbox, messages } = store;
    await keep(store);
    const { lease } = await leaseOne(store);
    const later = { ...MESSAGE, state: "scheduled", dueAt: 8_000 } as const;
    expect(await outbox.revise(MESSAGE, later, 99_000, 2_000)).toBe(true);
    expect(await outbox.revise(MESSAGE, { ...later, dueAt: 7_000 }, 99_000, 2_000)).toBe(false);
    expect(await messages.find("m1")).toEqual({ ...later, expiresAt: 99_000 });
    expect(await outbox.openAttempt(lease, 2_100)).toBe(false);
    expect(await leaseOf(store)).toEqual([]);
    const now = await messages.find("m1");
    if (now !== undefined) await outbox.revise(now, { ...now, state: "cancelled", dueAt: null }, 99_000, 2_000);
    expect(await messages.body("m1")).toBeUndefined();
    expect(await outbox.lanes()).toEqual([]);
  });

  test("remembers which connection rests, and counts its messages by the day", async () => {
    const { outbox, events } = await open();
    expect(await outbox.pace("main")).toEqual({ pausedUntil: null, reason: null });
    await outbox.pause("main", 9_000, "auth-failed: No.", 2_000);
    expect(await outbox.pace("main")).toEqual({ pausedUntil: 9_000, reason: "auth-failed: No." });
    const counted = [];
    for (const day of [1, 1, 1, 2, 2, 2]) counted.push(await outbox.countMessage("main", day, 2));
    expect(counted).toEqual([true, true, false, true, true, false]);
    expect((await outbox.pace("main")).pausedUntil).toBe(9_000);
    await outbox.pause("main", null, "", 3_000);
    expect((await outbox.pace("main")).pausedUntil).toBeNull();
    expect((await events.list({ after: 0, limit: 10 })).map(({ type }) => type)).toEqual([
      "connection.paused",
      "connection.resumed",
    ]);
  });

  test("tells events in the order they happened, of one key or of all", async () => {
    const store = await open();
    await keep(store, { id: "m1" });
    await keep(store, { id: "m2", key: "k2" });
    const all = await store.events.list({ after: 0, limit: 10 });
    expect(all.map(({ message }) => message)).toEqual(["m1", "m2"]);
    expect(await store.events.lastId()).toBe(all.at(-1)?.id);
    expect(await store.events.list({ after: all[0]?.id ?? 0, limit: 10 })).toEqual(all.slice(1));
    expect(await store.events.list({ after: 0, limit: 10, key: "k2" })).toEqual(all.slice(1));
  });
});
