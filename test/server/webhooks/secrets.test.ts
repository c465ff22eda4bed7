import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { memoryStore } from "../../../packages/server/src/store/memory.ts";
import { MESSAGE, testEndpoint } from "../endpoint.ts";

const OLD = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NEW = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";
const FORM = { url: "https://hooks.example.com/", events: ["message.sent"] };

/** A server on that store, and the requests its webhooks got. */
function open(store: ReturnType<typeof memoryStore>, encryptionKeys: readonly string[], clock = () => new Date()) {
  const told: { readonly body: string; readonly headers: Record<string, string> }[] = [];
  const fetch: typeof globalThis.fetch = async (_input, init = {}) => {
    told.push({ body: String(init.body), headers: Object.fromEntries(new Headers(init.headers)) });
    return new Response(null, { status: 204 });
  };
  return { ...testEndpoint({ store, encryptionKeys, clock, webhooks: { fetch } }), told };
}

test("a signing secret is sealed where it is kept, and opens in no other row", async () => {
  const store = memoryStore();
  const { app, ask, told } = open(store, [OLD]);
  const { body: one } = await ask("POST", "/v1/webhooks", FORM);
  const { body: other } = await ask("POST", "/v1/webhooks", FORM);
  const [row] = await store.webhooks.list();
  expect(JSON.stringify(row)).not.toContain(one.secret.slice("whsec_".length));
  await store.webhooks.update(other.id, { secrets: String(row?.secrets) });
  await ask("POST", "/v1/messages", MESSAGE);
  await app.notify();
  expect(told).toHaveLength(1);
  new Webhook(one.secret).verify(told[0]?.body ?? "", told[0]?.headers ?? {});
});

test("it is sealed anew with the operator's new key, and still signs", async () => {
  const store = memoryStore();
  const { body: webhook } = await open(store, [OLD]).ask("POST", "/v1/webhooks", FORM);
  await open(store, [NEW, OLD]).app.rotateSecrets();
  const { app, ask, told } = open(store, [NEW]);
  await ask("POST", "/v1/messages", MESSAGE);
  await app.notify();
  expect(told).toHaveLength(1);
  new Webhook(webhook.secret).verify(told[0]?.body ?? "", told[0]?.headers ?? {});
});

test("a secret that was replaced signs for a day, and no longer", async () => {
  let now = Date.now();
  const { app, ask, told } = open(memoryStore(), [OLD], () => new Date(now));
  const { body: webhook } = await ask("POST", "/v1/webhooks", FORM);
  await ask("POST", `/v1/webhooks/${webhook.id}/rotate-secret`);
  for (const hours of [23, 2]) {
    now += hours * 60 * 60 * 1000;
    await ask("POST", "/v1/messages", MESSAGE);
    await app.notify();
  }
  const counts = told.map(({ headers }) => String(headers["webhook-signature"]).split(" ").length);
  expect(counts).toEqual([2, 1]);
});
