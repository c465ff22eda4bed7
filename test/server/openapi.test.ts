import { embeddedQueue } from "@edgepost/server/node";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, test } from "vitest";
import { problemSchema } from "../../packages/server/src/openapi/answers.ts";
import { createDocument } from "../../packages/server/src/openapi/document.ts";
import { OPERATIONS } from "../../packages/server/src/openapi/operations.ts";
import { acceptAll, TOKEN, testEndpoint } from "./endpoint.ts";

async function documented() {
  const endpoint = testEndpoint({
    connections: { default: "smtp://mail.example.com" },
    // Not started: what is stored for later waits.
    outbox: embeddedQueue(),
    keepContent: true,
    webhooks: { fetch: async () => new Response(null, { status: 204 }) },
    alerts: { disk: async () => ({ free: 1, total: 1024 ** 4 }) },
    send: async (mail) => ({
      ...acceptAll(mail),
      accepted: mail.envelope.to.filter((address) => address !== "grace@example.com"),
      rejected: mail.envelope.to.filter((address) => address === "grace@example.com").map(refuse),
    }),
    verify: async () => ({ ok: true, stages: [{ stage: "connect", ok: true, ms: 1 }], capabilities: { SIZE: "1" } }),
  });
  const alerts = { name: "team/alerts", host: "smtp.acme.com", defaults: { from: "a@acme.com" } };
  expect((await endpoint.ask("POST", "/v1/connections", alerts)).status).toBe(201);
  const message = { connection: "default", from: "a@acme.com", to: "b@acme.com, grace@example.com" };
  const { body: partial } = await endpoint.ask("POST", "/v1/messages", message);
  const { body: waiting } = await endpoint.ask("POST", "/v1/messages", { ...message, sendAt: "2099-01-01T00:00:00Z" });
  const { body: key } = await endpoint.ask("POST", "/v1/keys", { name: "k", scopes: ["messages:read"] });
  const { body: suppression } = await endpoint.ask("POST", "/v1/suppressions", { address: "eve@example.com" });
  const { body: webhook } = await endpoint.ask("POST", "/v1/webhooks", { url: "https://hooks.example.com/" });
  await endpoint.ask("POST", "/v1/messages", message);
  await endpoint.app.notify();
  const { body: told } = await endpoint.ask("GET", `/v1/webhooks/${webhook.id}/deliveries`);
  const { body: raised } = await endpoint.ask("GET", "/v1/alerts");
  const values: Record<string, string> = {
    "/v1/alerts/{id}/acknowledge": raised.alerts[0].id,
    "/v1/alerts/{id}/mute": raised.alerts[0].id,
    "/v1/webhooks/{id}": webhook.id,
    "/v1/webhooks/{id}/rotate-secret": webhook.id,
    "/v1/webhooks/{id}/deliveries": webhook.id,
    "/v1/webhooks/{id}/deliveries/{delivery}/replay": webhook.id,
    "/v1/suppressions/{id}": suppression.id,
    "/v1/messages/{id}": waiting.id,
    "/v1/messages/{id}/events": partial.id,
    "/v1/messages/{id}/cancel": waiting.id,
    "/v1/messages/{id}/retry": partial.id,
    "/v1/keys/{id}": key.id,
  };
  const fill = (path: string) =>
    path
      .replace("{id}", values[path] ?? "")
      .replace("{delivery}", told.deliveries[0].id)
      .replace("{name}", "team/alerts")
      .replace("{platform}", "appsmith");
  return { ...endpoint, fill };
}

function refuse(address: string) {
  return { address, reply: { code: 550, enhancedCode: "5.1.1", text: "Nobody of this name" }, retryable: false };
}

/** The data of the first event of a stream that goes on. */
async function firstEvent(response: Response): Promise<unknown> {
  let text = "";
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const [, data] = /^data: (.*)\n/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`The stream ended before its first event: ${text}`);
}

test("the document passes an independent linter", async () => {
  // Every operation has a `default` answer for whatever goes wrong, which this rule does not count.
  const config = await createConfig({ extends: ["recommended"], rules: { "operation-4xx-response": "off" } });
  const problems = await lintFromString({ source: JSON.stringify(createDocument()), config });
  expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`)).toEqual(
    [],
  );
});

test("the document says what it said when it was looked at last", async () => {
  await expect(`${JSON.stringify(createDocument(), undefined, 2)}\n`).toMatchFileSnapshot("../golden/openapi.golden");
});

test("the document is served, the same each time, and so is a page that loads nothing", async () => {
  const { app } = testEndpoint();
  const response = await app.request("/openapi.json");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(createDocument())));
  const page = await app.request("/docs");
  expect(page.headers.get("content-security-policy")).toBe(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  const html = await page.text();
  expect(html).not.toMatch(/<script|<img|<link|@import|url\(/i);
  for (const { id, path } of OPERATIONS) {
    expect(html).toContain(`id="${id}"`);
    expect(html).toContain(path);
  }
});

test("every problem leads to its line in the page", async () => {
  const { app, ask } = testEndpoint();
  const html = await (await app.request("/docs")).text();
  const { body } = await ask("POST", "/v1/messages", {});
  const [path, anchor] = body.type.split("#");
  expect(path).toBe("/docs");
  expect(html).toContain(`id="${anchor}"`);
});

test("every route is in the document, and nothing else is", () => {
  const { app } = testEndpoint();
  const served = app.routes
    .filter(({ method, path }) => method !== "ALL" && !["/openapi.json", "/docs"].includes(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`);
  expect(OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
    [...new Set(served)].sort(),
  );
});

describe("every example is a request that works, and is answered as the document says:", () => {
  test.each(OPERATIONS.map((operation) => [`${operation.method.toUpperCase()} ${operation.path}`, operation] as const))(
    "%s",
    async (_name, { method, path, example, body, status, answer, isStream, isText }) => {
      const { app, ask, fill } = await documented();
      if (isStream) {
        const response = await app.request(`${fill(path)}?after=0`, { headers: { authorization: `Bearer ${TOKEN}` } });
        expect(response.headers.get("content-type")).toBe("text/event-stream");
        expect(answer?.safeParse(await firstEvent(response))).toMatchObject({ success: true });
        return;
      }
      if (isText) {
        const response = await app.request(fill(path), { headers: { authorization: `Bearer ${TOKEN}` } });
        expect(response.headers.get("content-type")).toMatch(/^text\/plain; /);
        expect(answer?.safeParse(await response.text())).toMatchObject({ success: true });
        return;
      }
      if (example !== undefined && body !== undefined) expect(body.safeParse(example).success).toBe(true);
      const answered = await ask(method.toUpperCase(), fill(path), example);
      expect(answered.status, JSON.stringify(answered.body)).toBe(status);
      if (answer === undefined) expect(answered.body).toBeUndefined();
      else expect(answer.safeParse(answered.body)).toMatchObject({ success: true });
    },
  );
});

test.each<[string, string, unknown]>([
  ["POST", "/v1/messages", { connection: "default", to: "nobody" }],
  ["POST", "/v1/messages", { connection: "none" }],
  ["POST", "/v1/keys", {}],
  ["GET", "/v1/nothing", undefined],
])("a problem of %s %s is answered as the document says", async (method, path, body) => {
  const { ask } = await documented();
  expect(problemSchema.safeParse((await ask(method, path, body)).body)).toMatchObject({ success: true });
});

test("no secret and no private name is in the document", () => {
  expect(JSON.stringify(createDocument())).not.toMatch(/canary2|localhost|127\.0\.0\.1|ep_[0-9a-f]{16}/);
});
