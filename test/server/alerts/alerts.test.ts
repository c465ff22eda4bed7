import { MailError, type OutgoingMail } from "@edgepost/core";
import { embeddedQueue } from "@edgepost/server/node";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { placeOf } from "../../../packages/server/src/alerts/places.ts";
import { type Answer, acceptAll, MESSAGE, type TestEndpointOptions, TOKEN, testEndpoint } from "../endpoint.ts";
import { STORES } from "../store/drivers.ts";

const MINUTE_MS = 60_000;
let now = 0;
beforeEach(() => {
  now = Date.parse("2026-11-20T12:00:00Z");
});

/** An endpoint whose time is ours; mail over `bad.example.com` comes to nothing. */
async function open(options: TestEndpointOptions = {}) {
  const told: { readonly url: string; readonly body: ReturnType<typeof JSON.parse> }[] = [];
  const mails: OutgoingMail[] = [];
  const clock = () => new Date(now);
  const queue = embeddedQueue(clock);
  const endpoint = testEndpoint({
    clock,
    outbox: queue,
    alerts: { to: ["ops@example.com"] },
    connections: { bad: "smtp://bad.example.com" },
    outboxLimits: { firstDelayMs: 1_000, longestDelayMs: 1_000 },
    send: async (mail) => {
      if (mail.message.subject === "Hi") throw new MailError("connect-failed", "Nobody.", DOWN);
      mails.push(mail);
      return acceptAll(mail);
    },
    webhooks: {
      fetch: async (input, init = {}) => {
        told.push({ url: String(input), body: JSON.parse(String(init.body)) });
        return new Response(null, { status: String(input).includes("gone") ? 410 : 204 });
      },
    },
    ...options,
  });
  // A store of another's is closed by him.
  if (options.store === undefined) onTestFinished(() => endpoint.app.close());
  endpoint.app.start();
  const system = { name: "ops", host: "ops.example.com", system: true, defaults: { from: "edgepost@example.com" } };
  await endpoint.ask("POST", "/v1/connections", system);
  await endpoint.ask("POST", "/v1/webhooks", { url: "https://ops.example.com/", events: ["alert.raised"] });

  /** Time goes on by a minute, in which everything is done that is due. */
  async function pass(minutes = 1): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      now += MINUTE_MS;
      await queue.tick();
      await queue.idle();
      await endpoint.app.notify();
      await queue.idle();
    }
  }
  const alerts = async (query = "") => (await endpoint.ask("GET", `/v1/alerts${query}`)).body.alerts;
  const keep = (message: object = {}) =>
    endpoint.ask("POST", "/v1/messages", { ...MESSAGE, connection: "bad", sendAt: "2020-01-01T00:00:00Z", ...message });
  return { ...endpoint, queue, told, mails, pass, alerts, keep };
}

const DOWN = { phase: "connect", retryable: true } as const;

test.each(STORES)(
  "in %s a connection that is paused is told once, by mail and to webhooks",
  async (_name, openStore) => {
    const { alerts, keep, mails, pass, told } = await open({
      store: await openStore(),
      encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    });
    for (let index = 0; index < 3; index++) await keep();
    await pass(8);
    expect(await alerts()).toMatchObject([
      { kind: "connection.paused", subject: "bad", mail: "Sent.", resolvedAt: null },
    ]);
    expect(told).toMatchObject([{ body: { type: "alert.raised", data: { data: { kind: "connection.paused" } } } }]);
    expect(mails.map(({ envelope, message }) => [envelope.to, message.subject])).toEqual([
      [["ops@example.com"], "[edgepost] connection.paused: bad"],
    ]);
  },
);

describe("an alert", () => {
  test("is over when its reason is, and is told again when it comes back", async () => {
    let free = 1;
    const disk = async () => ({ free, total: 100 * 1024 ** 3 });
    const { alerts, mails, pass } = await open({ alerts: { to: ["ops@example.com"], disk } });
    await pass(3);
    expect(mails).toHaveLength(1);
    free = 6 * 1024 ** 3;
    await pass();
    expect(await alerts()).toEqual([]);
    expect(await alerts("?state=all")).toMatchObject([{ kind: "disk.low", resolvedAt: expect.any(String) }]);
    free = 1;
    await pass(2);
    expect(mails).toHaveLength(2);
  });

  test("about the system connection is not sent over it, and webhooks are told", async () => {
    const { alerts, keep, mails, pass, told } = await open();
    for (let index = 0; index < 3; index++) await keep({ connection: "ops" });
    await pass(6);
    expect(await alerts()).toMatchObject([
      { kind: "connection.paused", subject: "ops", mail: "Not sent: it is about the system connection." },
    ]);
    expect(mails).toEqual([]);
    expect(told).toMatchObject([{ body: { data: { connection: "ops" } } }]);
  });

  test("that is muted is told to nobody, until that ends", async () => {
    let free = 1;
    const disk = async () => ({ free, total: 100 * 1024 ** 3 });
    const { alerts, ask, mails, pass, told } = await open({ alerts: { to: ["ops@example.com"], disk } });
    await pass();
    const [{ id }] = await alerts();
    const until = new Date(now + 60 * MINUTE_MS).toISOString();
    expect(await ask("POST", `/v1/alerts/${id}/mute`, { until })).toMatchObject({ body: { mutedUntil: until } });
    free = Number.POSITIVE_INFINITY;
    await pass();
    free = 1;
    await pass(10);
    expect([mails.length, told.length]).toEqual([1, 1]);
    await ask("POST", `/v1/alerts/${id}/mute`, { until: null });
    await pass();
    expect(mails).toHaveLength(2);
  });

  test("is acknowledged by somebody who may", async () => {
    const disk = async () => ({ free: 1, total: 1024 ** 4 });
    const { alerts, ask, pass } = await open({ alerts: { disk } });
    await pass();
    const [{ id, mail }] = await alerts();
    expect(mail).toBeNull();
    expect(await ask("POST", `/v1/alerts/${id}/acknowledge`)).toMatchObject({
      status: 200,
      body: { acknowledgedAt: new Date(now).toISOString(), resolvedAt: null },
    });
    expect(await ask("POST", "/v1/alerts/none/acknowledge")).toMatchObject({ status: 404 });
    const { body: key } = await ask("POST", "/v1/keys", { name: "sender", scopes: ["messages:send"] });
    expect(await ask("GET", "/v1/alerts", undefined, key.token)).toMatchObject({ status: 403 });
  });
});

test("messages that are due and go nowhere are a queue that is stuck", async () => {
  const { alerts, app, keep } = await open({ outbox: { start() {}, announce: async () => {}, close: async () => {} } });
  await keep({ sendAt: undefined }).then(({ status }: Answer) => expect(status).not.toBe(202));
  await keep();
  now += 14 * MINUTE_MS;
  await app.notify();
  expect(await alerts()).toEqual([]);
  now += 2 * MINUTE_MS;
  await app.notify();
  expect(await alerts()).toMatchObject([{ kind: "queue.stuck", subject: "bad" }]);
});

test("a webhook that was disabled by its failures is an alert, one by hand is none", async () => {
  const { alerts, ask, pass } = await open();
  const events = ["message.sent"];
  const { body: gone } = await ask("POST", "/v1/webhooks", { url: "https://gone.example.com/canary-path", events });
  const { body: off } = await ask("POST", "/v1/webhooks", { url: "https://off.example.com/", events });
  await ask("PATCH", `/v1/webhooks/${off.id}`, { enabled: false });
  await ask("POST", "/v1/messages", { ...MESSAGE, subject: "Other", connection: "bad" });
  await pass(2);
  const raised = await alerts();
  expect(raised).toMatchObject([{ kind: "webhook.disabled", subject: gone.id }]);
  expect(JSON.stringify(raised)).not.toContain("canary");
});

describe("a key that is used from a new place", () => {
  const from = (address: string) => ({ incoming: { socket: { remoteAddress: address } } });

  test("is an alert, told once, unless it is the first place", async () => {
    const { alerts, app, ask, pass } = await open();
    const use = (address: string) =>
      app.request("/v1/messages", { headers: { authorization: `Bearer ${TOKEN}` } }, from(address));
    for (const address of ["198.51.100.7", "198.51.100.8", "::ffff:198.51.100.9"]) await use(address);
    expect(await alerts()).toEqual([]);
    for (const address of ["203.0.113.1", "203.0.113.2"]) await use(address);
    await pass();
    const [alert, ...others] = await alerts();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ kind: "key.new-place", subject: "test 203.0.113.0/24", mail: "Sent." });
    expect(JSON.stringify(alert)).not.toContain(TOKEN);
    await ask("POST", `/v1/alerts/${alert.id}/acknowledge`);
    await use("203.0.113.3");
    expect(await alerts()).toEqual([]);
  });

  test.each([
    ["203.0.113.77", "203.0.113.0/24"],
    ["::ffff:203.0.113.77", "203.0.113.0/24"],
    ["2001:DB8:1:2::3", "2001:db8:1::/48"],
    ["2001:db8::1", "2001:db8:0::/48"],
    ["::1", "0:0:0::/48"],
    ["", undefined],
    ["unknown", undefined],
  ])("%j is in the place %j", (address, place) => {
    expect(placeOf(address)).toBe(place);
  });
});
