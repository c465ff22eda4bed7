import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ReceivedWebhook, startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";
import { MESSAGE } from "../endpoint.ts";
import type { Entry, StartEntry } from "../entries.ts";
import type { House } from "./house.ts";

/** Who is told of events, how he knows that it is true, and where he cannot be. */
export function webhookSuite(start: StartEntry, house: House): void {
  const stack = new AsyncDisposableStack();
  let entry: Entry;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = stack.use(await startWebhookReceiver());
    entry = stack.use(await start(house.smtp, { variables: { EDGEPOST_WEBHOOK_HOSTS: "127.0.0.1" } }));
  });
  afterAll(() => stack.disposeAsync());

  const ask = (method: string, path: string, body?: unknown, headers = {}) =>
    entry.request(method, path, body, headers);
  const create = async (path: string, form: object = {}) =>
    (await ask("POST", "/v1/webhooks", { url: `${receiver.url}${path}`, ...form })).body;
  const end = ({ id }: { id: string }) => ask("DELETE", `/v1/webhooks/${id}`);
  const verify = (secret: string, { body, headers }: ReceivedWebhook) =>
    new Webhook(secret).verify(body, headers as Record<string, string>);

  test("each event is told, and its signature holds for an implementation of somebody else", async () => {
    const webhook = await create("/all");
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { body: sent } = await ask("POST", "/v1/messages", MESSAGE);
    const told = await receiver.waitFor("/all", 2);
    const events = told.map((one) => verify(webhook.secret, one) as ToldEvent);
    // Some are told at once: their order is that of their ids.
    expect(events.sort((one, other) => one.data.id - other.data.id)).toMatchObject([
      { type: "message.sending", data: { message: sent.id } },
      { type: "message.sent", data: { message: sent.id, data: { recipients: [{ state: "accepted" }] } } },
    ]);
    expect(told[0]).toMatchObject({ method: "POST", headers: { "content-type": "application/json" } });
    const forged = { ...told[0], body: told[0]?.body.replace("message.", "massage.") } as ReceivedWebhook;
    expect(() => verify(webhook.secret, forged)).toThrow();
    await end(webhook);
  });

  test("a webhook is told of what it asked for alone", async () => {
    const webhook = await create("/failures", { events: ["message.failed"] });
    await ask("POST", "/v1/messages", MESSAGE);
    await ask("POST", "/v1/messages", { ...MESSAGE, to: "nobody@example.com" });
    const [told] = await receiver.waitFor("/failures", 1);
    expect(JSON.parse(told?.body ?? "")).toMatchObject({ type: "message.failed" });
    const { body } = await ask("GET", `/v1/webhooks/${webhook.id}/deliveries`);
    expect(body.deliveries).toHaveLength(1);
    await end(webhook);
  });

  test("after its secret was changed, the old one is good for a while too", async () => {
    const webhook = await create("/rotated", { events: ["message.sent"] });
    const rotated = (await ask("POST", `/v1/webhooks/${webhook.id}/rotate-secret`)).body;
    expect(rotated.secret).not.toBe(webhook.secret);
    await ask("POST", "/v1/messages", MESSAGE);
    const [told] = await receiver.waitFor("/rotated", 1);
    expect(String(told?.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    for (const { secret } of [webhook, rotated]) verify(secret, told as ReceivedWebhook);
    await end(webhook);
  });

  test("a redirect is not followed, the history says so, and it can be told again", async () => {
    const location = `${receiver.url}/elsewhere`;
    receiver.answers.set("/moved", { status: 307, headers: { location } });
    const webhook = await create("/moved", { events: ["message.sent"] });
    await ask("POST", "/v1/messages", MESSAGE);
    await receiver.waitFor("/moved", 1);
    const history = async () => (await ask("GET", `/v1/webhooks/${webhook.id}/deliveries`)).body.deliveries;
    await expect.poll(history, PATIENT).toMatchObject([{ state: "waiting", attempts: [{ status: 307 }] }]);
    expect((await ask("GET", `/v1/webhooks/${webhook.id}`)).body.failingSince).not.toBeNull();

    receiver.answers.delete("/moved");
    const [{ id }] = await history();
    const replay = await ask("POST", `/v1/webhooks/${webhook.id}/deliveries/${id}/replay`);
    expect(replay).toMatchObject({ status: 202, body: { id, state: "waiting" } });
    const told = await receiver.waitFor("/moved", 2);
    expect(told.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
    const delivered = [{ state: "delivered", attempts: [{ status: 307 }, { status: 204, error: null }], dueAt: null }];
    await expect.poll(history, PATIENT).toMatchObject(delivered);
    expect(receiver.received.filter(({ path }) => path === "/elsewhere")).toEqual([]);
    await end(webhook);
  });

  test.each([
    "http://example.com/",
    "https://user:password@example.com/",
    "https://localhost/",
    "https://10.0.0.1/",
    "https://127.1.1.1/",
    "https://2130706434/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://metadata.google.internal/",
    "ftp://127.0.0.1/",
    "nonsense",
  ])("%s is no place to be told at", async (url) => {
    const answer = await ask("POST", "/v1/webhooks", { url });
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid-body", errors: [{ pointer: "/url" }] } });
  });

  test("a key is told of its own messages, and knows of no webhook of others", async () => {
    const scopes = ["webhooks:write", "messages:send", "connections:use"];
    const { body: key } = await ask("POST", "/v1/keys", { name: "small", scopes });
    const own = { authorization: `Bearer ${key.token}` };
    const foreign = await create("/foreign", { events: ["webhook.disabled"] });
    const form = { url: `${receiver.url}/own`, events: ["message.sent"] };
    const { body: webhook } = await ask("POST", "/v1/webhooks", form, own);
    expect((await ask("GET", "/v1/webhooks", undefined, own)).body.webhooks).toMatchObject([{ id: webhook.id }]);
    for (const [method, path] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/rotate-secret"],
      ["GET", "/deliveries"],
      ["POST", `/deliveries/${webhook.id}/replay`],
    ] as const) {
      const change = method === "PATCH" ? {} : undefined;
      expect(await ask(method, `/v1/webhooks/${foreign.id}${path}`, change, own), path).toMatchObject({ status: 404 });
    }
    await ask("POST", "/v1/messages", MESSAGE);
    const { body: sent } = await ask("POST", "/v1/messages", MESSAGE, own);
    await receiver.waitFor("/own", 1);
    const { body } = await ask("GET", `/v1/webhooks/${webhook.id}/deliveries`, undefined, own);
    expect(body.deliveries).toMatchObject([{ payload: { data: { message: sent.id } } }]);
    for (const one of [foreign, webhook]) await end(one);
  });

  test("a secret is shown once, and a webhook is changed and deleted", async () => {
    const webhook = await create("/quiet", { events: ["alert.raised"] });
    const changed = await ask("PATCH", `/v1/webhooks/${webhook.id}`, { description: "Ours", enabled: false });
    expect(changed).toMatchObject({ status: 200, body: { description: "Ours", enabled: false } });
    expect(changed.body).not.toHaveProperty("secret");
    expect(await ask("PATCH", `/v1/webhooks/${webhook.id}`, { enabled: true })).toMatchObject({
      body: { description: "Ours", enabled: true, disabledReason: null },
    });
    const read = await ask("GET", `/v1/webhooks/${webhook.id}`);
    expect(JSON.stringify([read.body, (await ask("GET", "/v1/webhooks")).body])).not.toContain("whsec_");
    expect(await end(webhook)).toMatchObject({ status: 204 });
    expect(await end(webhook)).toMatchObject({ status: 404 });
  });
}

interface ToldEvent {
  readonly data: { readonly id: number };
}

/** For a process that looks every second, on a machine that is busy. */
const PATIENT = { timeout: 30_000 };
