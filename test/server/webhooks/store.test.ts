import { describe, expect, test } from "vitest";
import type { DeliveryRecord, WebhookRecord } from "../../../packages/server/src/store/webhook-record.ts";
import { STORES } from "../store/drivers.ts";

const WEBHOOK: WebhookRecord = {
  id: "w1",
  key: "k1",
  ownOnly: true,
  url: "https://hooks.example.com/ü",
  description: null,
  events: ["message.sent"],
  secrets: "sealed",
  since: 7,
  disabled: null,
  failingSince: null,
  createdAt: 1_000,
  updatedAt: 1_000,
};

const DELIVERY: DeliveryRecord = {
  id: "d1",
  webhook: "w1",
  event: 8,
  type: "message.sent",
  payload: '{"a":"ü"}',
  state: "waiting",
  attempts: [],
  dueAt: 2_000,
  createdAt: 1_500,
};

describe.each(STORES)("%s", (_name, open) => {
  test("a webhook comes back as it was put in, is changed, and is taken away with its deliveries", async () => {
    const { webhooks } = await open();
    const other = { ...WEBHOOK, id: "w2", ownOnly: false, events: null, description: "ü" };
    await webhooks.insert(WEBHOOK);
    await webhooks.insert(other);
    expect(await webhooks.list()).toEqual([WEBHOOK, other]);
    const change = { disabled: "why", failingSince: 5, description: "x", events: null, updatedAt: 2_000 };
    expect(await webhooks.update("w1", change)).toBe(true);
    expect(await webhooks.find("w1")).toEqual({ ...WEBHOOK, ...change });
    expect(await webhooks.update("w1", { secrets: "new" }, "others")).toBe(false);
    expect(await webhooks.update("w1", { secrets: "new" }, "sealed")).toBe(true);
    await webhooks.enqueue([DELIVERY]);
    expect(await webhooks.remove("w1")).toBe(true);
    expect(await webhooks.remove("w1")).toBe(false);
    expect(await webhooks.delivery("d1")).toBeUndefined();
  });

  test("an event is written down once for a webhook, whoever does it", async () => {
    const { webhooks } = await open();
    await webhooks.enqueue([DELIVERY, { ...DELIVERY, id: "d2", event: 9 }]);
    await webhooks.enqueue([{ ...DELIVERY, id: "d3", payload: "{}" }]);
    await webhooks.enqueue([]);
    expect(await webhooks.deliveries({ webhook: "w1", limit: 10 })).toMatchObject([{ id: "d2" }, DELIVERY]);
    expect(await webhooks.deliveries({ webhook: "w1", limit: 10, before: "d2", state: "waiting" })).toEqual([DELIVERY]);
    expect(await webhooks.deliveries({ webhook: "w1", limit: 10, state: "failed" })).toEqual([]);
    expect(await webhooks.waiting()).toBe(2);
  });

  test("what is due is claimed by one, until the claim ends", async () => {
    const { webhooks } = await open();
    await webhooks.enqueue([DELIVERY, { ...DELIVERY, id: "d2", event: 9, dueAt: 3_000 }]);
    expect(await webhooks.due(1_999)).toEqual([]);
    expect(await webhooks.due(2_000)).toEqual(["w1"]);
    const claims = await Promise.all([1, 2, 3].map(() => webhooks.claim("w1", 2_500, 9_000, 5)));
    expect(claims.flat()).toEqual([{ ...DELIVERY, dueAt: 9_000 }]);
    expect((await webhooks.claim("w1", 9_000, 19_000, 5)).map(({ id }) => id).sort()).toEqual(["d1", "d2"]);
  });

  test("what became of one is remembered, and forgotten when its time is over", async () => {
    const { webhooks } = await open();
    await webhooks.enqueue([DELIVERY, { ...DELIVERY, id: "d2", event: 9 }]);
    const attempts = [{ at: 2_000, ms: 5, status: 204, error: null }];
    expect(await webhooks.settle("d1", { state: "delivered", attempts, dueAt: null })).toBe(true);
    expect(await webhooks.settle("d9", { state: "delivered", attempts, dueAt: null })).toBe(false);
    expect(await webhooks.delivery("d1")).toEqual({ ...DELIVERY, state: "delivered", attempts, dueAt: null });
    await webhooks.prune(1_501);
    expect((await webhooks.deliveries({ webhook: "w1", limit: 10 })).map(({ id }) => id)).toEqual(["d2"]);
  });
});
