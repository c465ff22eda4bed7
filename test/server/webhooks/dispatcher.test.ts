import { beforeEach, expect, test } from "vitest";
import { MESSAGE, testEndpoint } from "../endpoint.ts";

const HOUR_MS = 60 * 60 * 1000;
let now = 0;
beforeEach(() => {
  now = Date.parse("2026-11-20T12:00:00Z");
});

type Answer = (url: string, init: RequestInit) => Response | Promise<Response>;

/** An endpoint whose time is ours, and whose webhooks are answered by `answer`. */
async function open(answer: Answer) {
  const told: { readonly url: string; readonly body: string }[] = [];
  const endpoint = testEndpoint({
    clock: () => new Date(now),
    webhooks: {
      fetch: async (input, init = {}) => {
        told.push({ url: String(input), body: String(init.body) });
        return answer(String(input), init);
      },
    },
  });
  const create = async (host: string, form: object = {}) => {
    const sent = { url: `https://${host}.example.com/`, events: ["message.sent"], ...form };
    return (await endpoint.ask("POST", "/v1/webhooks", sent)).body;
  };
  const read = async (id: string) => (await endpoint.ask("GET", `/v1/webhooks/${id}`)).body;
  const deliveries = async (id: string) => (await endpoint.ask("GET", `/v1/webhooks/${id}/deliveries`)).body.deliveries;
  return { ...endpoint, told, create, read, deliveries };
}

const status = (code: number) => new Response(null, { status: code });

test("what is not taken is told again, ever more seldom, for a day and a half", async () => {
  const { app, ask, create, deliveries, told } = await open(() => status(500));
  const webhook = await create("hooks");
  await ask("POST", "/v1/messages", MESSAGE);
  for (let hour = 0; hour < 48 * 60; hour++) {
    await app.notify();
    now += 60 * 1000;
  }
  expect(told).toHaveLength(16);
  expect(new Set(told.map(({ body }) => body)).size).toBe(1);
  const [{ state, attempts, dueAt }] = await deliveries(webhook.id);
  expect({ state, dueAt }).toEqual({ state: "failed", dueAt: null });
  const gaps = attempts
    .slice(1)
    .map(({ at }: { at: string }, index: number) => Date.parse(at) - Date.parse(attempts[index].at));
  expect(gaps.at(-1)).toBeLessThanOrEqual(6 * HOUR_MS + 60 * 1000);
  expect(gaps.at(-1)).toBeGreaterThanOrEqual(3 * HOUR_MS);
});

test("a webhook that takes nothing for three days is disabled, and another one is told", async () => {
  const { app, ask, create, read, told } = await open((url) => status(url.includes("dead") ? 500 : 204));
  const dead = await create("dead");
  await create("watch", { events: ["webhook.disabled"] });
  for (let hour = 0; hour < 80; hour++) {
    await ask("POST", "/v1/messages", MESSAGE);
    await app.notify();
    now += HOUR_MS;
  }
  expect(await read(dead.id)).toMatchObject({ enabled: false, disabledReason: "It took nothing for three days." });
  const alarms = told.filter(({ url }) => url.includes("watch"));
  expect(alarms.map(({ body }) => JSON.parse(body))).toMatchObject([{ data: { data: { webhook: dead.id } } }]);
  const before = told.length;
  await ask("POST", "/v1/messages", MESSAGE);
  await app.notify();
  expect(told).toHaveLength(before);
});

test("one that is taken in between ends the count", async () => {
  let isDown = true;
  const { app, ask, create, read } = await open(() => status(isDown ? 503 : 200));
  const webhook = await create("hooks");
  const day = async () => {
    await ask("POST", "/v1/messages", MESSAGE);
    await app.notify();
    now += 24 * HOUR_MS;
  };
  for (let days = 0; days < 2; days++) await day();
  isDown = false;
  await day();
  expect((await read(webhook.id)).failingSince).toBeNull();
  isDown = true;
  for (let days = 0; days < 3; days++) await day();
  expect(await read(webhook.id)).toMatchObject({ enabled: true });
});

test("who answers 410 wants no more", async () => {
  const { app, ask, create, read } = await open(() => status(410));
  const webhook = await create("gone");
  await ask("POST", "/v1/messages", MESSAGE);
  await app.notify();
  expect(await read(webhook.id)).toMatchObject({ enabled: false, disabledReason: "It answered 410: it is gone." });
});

test("a webhook that is slow delays no other", async () => {
  const { promise: slow, resolve: answer } = Promise.withResolvers<Response>();
  const { promise: fast, resolve: arrived } = Promise.withResolvers<void>();
  const { app, ask, create } = await open((url) => {
    if (url.includes("slow")) return slow;
    arrived();
    return status(204);
  });
  await create("slow");
  await create("quick");
  await ask("POST", "/v1/messages", MESSAGE);
  const notified = app.notify();
  await fast;
  answer(status(204));
  await notified;
});

test("an answer is not read, and a host that cannot be reached is told without a word of the network", async () => {
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
    cancel() {
      cancelled = true;
    },
  });
  const { app, ask, create, deliveries } = await open((url) => {
    if (url.includes("endless")) return new Response(endless);
    throw new Error("connect ECONNREFUSED 10.0.0.7:443");
  });
  await create("endless");
  const lost = await create("lost");
  await ask("POST", "/v1/messages", MESSAGE);
  await app.notify();
  expect(cancelled).toBe(true);
  expect(await deliveries(lost.id)).toMatchObject([
    { attempts: [{ status: null, error: "It could not be reached." }] },
  ]);
});

test("a webhook is told of nothing that was before it", async () => {
  const { app, ask, create, told } = await open(() => status(204));
  await ask("POST", "/v1/messages", MESSAGE);
  await create("late");
  await app.notify();
  expect(told).toEqual([]);
  await ask("POST", "/v1/messages", MESSAGE);
  await app.notify();
  expect(told).toHaveLength(1);
});
