import { createMailer, MailError, type OutgoingMail } from "@edgepost/core";
import { httpTransport } from "@edgepost/server/client";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../packages/server/src/store/memory.ts";
import { acceptAll, MESSAGE, type TestEndpoint, TOKEN, testEndpoint } from "./endpoint.ts";

const KEYS = { encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] };
const OTHER_TOKEN = "another-token-of-the-endpoint-suite-0123456789";

function get({ app }: TestEndpoint, path: string, token = TOKEN): Promise<Response> {
  return Promise.resolve(app.request(path, { headers: { authorization: `Bearer ${token}` } }));
}

async function log(endpoint: TestEndpoint, query = ""): Promise<Record<string, unknown>[]> {
  const { messages } = (await (await get(endpoint, `/v1/messages${query}`)).json()) as {
    messages: Record<string, unknown>[];
  };
  return messages;
}

const REFUSED = { address: "c@example.com", reply: { code: 550, text: "No such user" }, retryable: false };

describe("the log", () => {
  test("holds what became of each message, newest first", async () => {
    let send: (mail: OutgoingMail) => ReturnType<typeof acceptAll> = acceptAll;
    const endpoint = testEndpoint({ send: async (mail) => send(mail) });
    const first = (await (await endpoint.post(MESSAGE)).json()) as { id: string };
    send = (mail) => ({ ...acceptAll(mail), accepted: ["b@example.com"], rejected: [REFUSED] });
    await endpoint.post({ ...MESSAGE, cc: "c@example.com" });
    send = () => {
      throw new MailError("message-rejected", "The server refused.", {
        phase: "body",
        reply: { code: 554, text: "Spam" },
      });
    };
    await endpoint.post(MESSAGE);
    send = () => {
      throw new MailError("delivery-unknown", "The link was lost.", { phase: "body" });
    };
    await endpoint.post(MESSAGE);

    expect(await log(endpoint)).toMatchObject([
      { state: "unknown", error: { code: "delivery-unknown", phase: "body", retryable: false } },
      { state: "failed", error: { code: "message-rejected", detail: "The server refused." }, reply: { code: 554 } },
      { state: "partial", accepted: ["b@example.com"], rejected: [REFUSED] },
      {
        id: first.id,
        state: "sent",
        connection: "main",
        key: "test",
        subject: "Hi",
        envelope: { from: "a@example.com", to: ["b@example.com"] },
        reply: { code: 250 },
        ms: expect.any(Number),
      },
    ]);
  });

  test("does not hold messages that could not be sent at all", async () => {
    const endpoint = testEndpoint();
    await endpoint.post({ ...MESSAGE, to: "nobody" });
    await endpoint.post({ ...MESSAGE, connection: "other" });
    expect(await log(endpoint)).toEqual([]);
  });

  test("shows a message that is being sent, and its end", async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const endpoint = testEndpoint({
      send: async (mail) => {
        begin();
        await mayFinish;
        return acceptAll(mail);
      },
    });
    const sending = endpoint.post(MESSAGE);
    await began;
    expect(await log(endpoint)).toMatchObject([{ state: "sending", finishedAt: null }]);
    finish();
    await sending;
    expect(await log(endpoint)).toMatchObject([{ state: "sent" }]);
  });

  test("keeps no content unless it was told to", async () => {
    for (const keepContent of [false, true]) {
      const endpoint = testEndpoint({ keepContent });
      const { id } = (await (await endpoint.post(MESSAGE)).json()) as { id: string };
      const { content } = (await (await get(endpoint, `/v1/messages/${id}`)).json()) as { content: string | null };
      if (keepContent) expect(atob(content ?? "")).toContain("Subject: Hi\r\n");
      else expect(content).toBeNull();
    }
  });

  test("is read page by page, and through filters", async () => {
    const endpoint = testEndpoint();
    for (const to of ["1@example.com", "2@example.com", "3@example.com"]) await endpoint.post({ ...MESSAGE, to });
    const one = (await (await get(endpoint, "/v1/messages?limit=2")).json()) as { messages: unknown[]; next: string };
    expect(one.messages).toHaveLength(2);
    const two = await (await get(endpoint, `/v1/messages?limit=2&cursor=${one.next}`)).json();
    expect(two).toMatchObject({ messages: [{ envelope: { to: ["1@example.com"] } }], next: null });
    expect(await log(endpoint, "?recipient=2@example.com")).toHaveLength(1);
    expect(await log(endpoint, "?state=failed")).toEqual([]);
    expect(await log(endpoint, "?connection=main&state=sent")).toHaveLength(3);
  });

  test.each(["limit=0", "limit=101", "limit=many", "cursor=x", "state=lost", "page=2"])(
    "?%s is a 400 that says why",
    async (query) => {
      const response = await get(testEndpoint(), `/v1/messages?${query}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        code: "invalid-request",
        detail: expect.stringContaining(query.split("=")[0] ?? ""),
      });
    },
  );

  test("shows a key what it sent itself; a foreign message is like one that does not exist", async () => {
    const endpoint = testEndpoint({
      keys: [
        { name: "admin", token: TOKEN },
        { name: "other", token: OTHER_TOKEN, scopes: ["messages:send", "messages:read", "connections:use"] },
      ],
    });
    const { id } = (await (await endpoint.post(MESSAGE)).json()) as { id: string };
    await endpoint.post(MESSAGE, { authorization: `Bearer ${OTHER_TOKEN}` });

    expect(await log(endpoint)).toHaveLength(2);
    expect(await log(endpoint, "?key=other")).toHaveLength(1);
    const own = (await (await get(endpoint, "/v1/messages?key=admin", OTHER_TOKEN)).json()) as {
      messages: { key: string }[];
    };
    expect(own.messages.map(({ key }) => key)).toEqual(["other"]);
    const [foreign, unknown] = [
      await get(endpoint, `/v1/messages/${id}`, OTHER_TOKEN),
      await get(endpoint, `/v1/messages/${crypto.randomUUID()}`, OTHER_TOKEN),
    ];
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(((await foreign.json()) as { detail: string }).detail).toBe(
      ((await unknown.json()) as { detail: string }).detail,
    );
  });

  test("needs its own scope", async () => {
    const endpoint = testEndpoint({ keys: [{ name: "sender", token: TOKEN, scopes: ["messages:send"] }] });
    expect((await get(endpoint, "/v1/messages")).status).toBe(403);
    expect((await get(endpoint, "/v1/messages/x")).status).toBe(403);
  });

  test("a message that was interrupted is unknown after the restart, and never said to be sent", async () => {
    const store = memoryStore();
    const crashed = testEndpoint({ store, ...KEYS, send: () => new Promise(() => {}) });
    crashed.post(MESSAGE);
    const endpoint = testEndpoint({ store, ...KEYS });
    await expect.poll(() => log(endpoint)).toMatchObject([{ state: "sending" }]);
    await endpoint.app.recover();
    expect(await log(endpoint)).toMatchObject([{ state: "unknown" }]);
  });

  test("a message older than any send is unknown, even if nobody restarted", async () => {
    let now = Date.now();
    const endpoint = testEndpoint({ clock: () => new Date(now), send: () => new Promise(() => {}) });
    endpoint.post(MESSAGE);
    await expect.poll(() => log(endpoint)).toMatchObject([{ state: "sending" }]);
    now += 21 * 60 * 1000;
    expect(await log(endpoint)).toMatchObject([{ state: "unknown" }]);
  });

  test("is forgotten when its time is over", async () => {
    let now = Date.now();
    const endpoint = testEndpoint({ clock: () => new Date(now), retentionMs: 1000 });
    await endpoint.post(MESSAGE);
    await endpoint.app.maintain();
    expect(await log(endpoint)).toHaveLength(1);
    now += 1001;
    await endpoint.app.maintain();
    expect(await log(endpoint)).toEqual([]);
  });

  test("a success that cannot be written down is not called one", async () => {
    const store = memoryStore();
    const outbox = { ...store.outbox, settle: () => Promise.reject(new Error("disk full")) };
    const { post } = testEndpoint({ store: { ...store, outbox }, ...KEYS });
    const response = await post(MESSAGE);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: "delivery-unknown", retryable: false, reply: { code: 250 } });
  });

  test("nothing is sent that could not be written down before", async () => {
    const store = memoryStore();
    const messages = { ...store.messages, begin: () => Promise.reject(new Error("disk full")) };
    const { post, sent } = testEndpoint({ store: { ...store, messages }, ...KEYS });
    expect((await post(MESSAGE)).status).toBe(500);
    expect(sent).toEqual([]);
  });
});

describe("Idempotency-Key", () => {
  const key = { "idempotency-key": "order-1" };

  test("a repeated request gets the first one's answer and sends nothing", async () => {
    const { post, sent } = testEndpoint();
    const [one, two] = [await post(MESSAGE, key), await post(MESSAGE, key)];
    expect(two.status).toBe(200);
    expect(await two.json()).toEqual(await one.json());
    expect([one, two].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    expect(sent).toHaveLength(1);
  });

  test("of two hundred at once, one message is sent", async () => {
    const { post, sent } = testEndpoint({
      send: async (mail) => {
        await new Promise((resolve) => setImmediate(resolve));
        return acceptAll(mail);
      },
    });
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await post(MESSAGE, key)).status));
    expect(sent).toHaveLength(1);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
  });

  test("while the first is being sent, the second is asked to come back", async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const { post } = testEndpoint({
      send: async (mail) => {
        begin();
        await mayFinish;
        return acceptAll(mail);
      },
    });
    const first = post(MESSAGE, key);
    await began;
    const second = await post(MESSAGE, key);
    expect(second.status).toBe(409);
    expect(second.headers.get("retry-after")).toBe("1");
    expect(await second.json()).toMatchObject({ code: "request-in-progress" });
    finish();
    expect((await first).status).toBe(200);
  });

  test("another body under the same key is refused", async () => {
    const { post, sent } = testEndpoint();
    await post(MESSAGE, key);
    const response = await post({ ...MESSAGE, subject: "Other" }, key);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "idempotency-key-reused" });
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["message-rejected", { phase: "body", reply: { code: 554, text: "Spam" } }, 1],
    ["recipients-rejected", { phase: "rcpt", reply: { code: 550, text: "No" } }, 1],
    ["delivery-unknown", { phase: "body" }, 1],
    ["message-rejected", { phase: "body", reply: { code: 451, text: "Later" } }, 2],
    ["connect-failed", { phase: "connect", retryable: true }, 2],
    ["auth-failed", { phase: "auth", reply: { code: 535, text: "No" } }, 2],
    ["rate-limited", { phase: "idle", retryable: true }, 2],
    ["timeout", { phase: "rcpt", retryable: true }, 2],
  ] as const)("after %s with %j, a repetition makes it %d attempts", async (code, facts, attempts) => {
    const { post, sent } = testEndpoint({ send: () => Promise.reject(new MailError(code, "It failed.", facts)) });
    const first = await post(MESSAGE, key);
    const second = await post(MESSAGE, key);
    expect(sent).toHaveLength(attempts);
    expect(second.status).toBe(first.status);
    expect(second.headers.get("idempotency-replayed")).toBe(attempts === 1 ? "true" : null);
    const [one, two] = [await first.json(), await second.json()].map(({ instance: _, ...problem }) => problem);
    expect(two).toEqual(one);
  });

  test("a message that was interrupted is not sent again: its outcome is unknown for good", async () => {
    const store = memoryStore();
    const crashed = testEndpoint({ store, ...KEYS, send: () => new Promise(() => {}) });
    crashed.post(MESSAGE, key);
    const endpoint = testEndpoint({ store, ...KEYS });
    await expect.poll(() => log(endpoint)).toHaveLength(1);
    await endpoint.app.recover();
    const response = await endpoint.post(MESSAGE, key);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: "delivery-unknown", retryable: false });
    expect(endpoint.sent).toEqual([]);
  });

  test("holds for a day, over restarts, and not a moment longer", async () => {
    let now = Date.now();
    const clock = () => new Date(now);
    const store = memoryStore();
    await testEndpoint({ clock, store, ...KEYS }).post(MESSAGE, key);
    const restarted = testEndpoint({ clock, store, ...KEYS });
    now += 24 * 60 * 60 * 1000;
    expect((await restarted.post(MESSAGE, key)).headers.get("idempotency-replayed")).toBe("true");
    now += 1;
    expect((await restarted.post(MESSAGE, key)).headers.get("idempotency-replayed")).toBeNull();
    expect(restarted.sent).toHaveLength(1);
  });

  test("belongs to the API key that used it", async () => {
    const { post, sent } = testEndpoint({
      keys: [
        { name: "one", token: TOKEN },
        { name: "other", token: OTHER_TOKEN },
      ],
    });
    await post(MESSAGE, key);
    await post(MESSAGE, { ...key, authorization: `Bearer ${OTHER_TOKEN}` });
    expect(sent).toHaveLength(2);
  });

  test("a request that was refused as it stands may be repaired under the same key", async () => {
    const { post, sent } = testEndpoint();
    expect((await post({ ...MESSAGE, to: "nobody" }, key)).status).toBe(422);
    expect((await post(MESSAGE, key)).status).toBe(200);
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["a space inside", "a b"],
    ["more than 256 characters", "a".repeat(257)],
    ["nothing", ""],
    ["an umlaut", "ü"],
  ])("%s is no key", async (_what, value) => {
    const { post } = testEndpoint();
    const response = await post(MESSAGE, { "idempotency-key": value });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid-request" });
  });
});

describe("POST /v1/messages/batch", () => {
  async function postBatch(endpoint: TestEndpoint, body: unknown, headers: Record<string, string> = {}) {
    const response = await endpoint.app.request("/v1/messages/batch", {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test("has a result for every message, in their order; one that fails stops none", async () => {
    const endpoint = testEndpoint();
    const { status, body } = await postBatch(endpoint, {
      messages: [
        MESSAGE,
        { ...MESSAGE, to: "nobody" },
        { ...MESSAGE, connection: "other" },
        { ...MESSAGE, to: "z@example.com" },
      ],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: false,
      results: [
        { index: 0, success: true, accepted: ["b@example.com"] },
        { index: 1, success: false, problem: { code: "invalid-message", errors: [{ pointer: "/to" }] } },
        { index: 2, success: false, problem: { code: "connection-not-found" } },
        { index: 3, success: true, accepted: ["z@example.com"] },
      ],
    });
    expect(endpoint.sent).toHaveLength(2);
  });

  test("a repeated batch sends only what was not sent", async () => {
    let fails = true;
    const endpoint = testEndpoint({
      send: async (mail) => {
        if (fails && mail.envelope.to[0] === "2@example.com") {
          throw new MailError("connect-failed", "No.", { phase: "connect", retryable: true });
        }
        return acceptAll(mail);
      },
    });
    const messages = ["1@example.com", "2@example.com", "3@example.com"].map((to) => ({ ...MESSAGE, to }));
    const key = { "idempotency-key": "batch-1" };
    expect((await postBatch(endpoint, { messages }, key)).body).toMatchObject({ success: false });
    fails = false;
    const { body } = await postBatch(endpoint, { messages }, key);
    expect(body).toMatchObject({
      success: true,
      results: [{ replayed: true }, { replayed: false }, { replayed: true }],
    });
    expect(endpoint.sent).toHaveLength(4);
  });

  test("a hundred messages are sent, a few at a time", async () => {
    let underWay = 0;
    let most = 0;
    const endpoint = testEndpoint({
      send: async (mail) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return acceptAll(mail);
      },
    });
    const { body } = await postBatch(endpoint, { messages: Array.from({ length: 100 }, () => MESSAGE) });
    expect(body.success).toBe(true);
    expect(endpoint.sent).toHaveLength(100);
    expect(most).toBe(5);
  });

  test.each([
    ["no messages", { messages: [] }, ["/messages"]],
    ["101 messages", { messages: Array.from({ length: 101 }, () => MESSAGE) }, ["/messages"]],
    ["something else", { messages: "all" }, ["/messages"]],
    ["an unknown field", { messages: [MESSAGE], connection: "main" }, ["/connection"]],
    ["an array", [MESSAGE], ["/messages", "/0"]],
  ])("%s is a 422", async (_what, body, pointers) => {
    const answer = await postBatch(testEndpoint(), body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: "invalid-body", errors: pointers.map((pointer) => ({ pointer })) });
  });
});

describe("POST /v1/messages/preview", () => {
  async function preview(endpoint: TestEndpoint, body: unknown) {
    const response = await endpoint.app.request("/v1/messages/preview", {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test("shows the message as it would be sent, with variables bound and defaults filled in, and sends nothing", async () => {
    const endpoint = testEndpoint({
      connections: { main: { host: "mail.example.com", defaults: { from: "team@example.com" } } },
    });
    const { status, body } = await preview(endpoint, {
      connection: "main",
      to: "b@example.com",
      subject: "Hello {{name}}",
      text: "Dear {{name}}",
      variables: { name: "Ada" },
      attachments: [{ filename: "a.txt", content: "A" }],
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      subject: "Hello Ada",
      from: [{ address: "team@example.com" }],
      text: "Dear Ada",
      html: null,
      envelope: { from: "team@example.com", to: ["b@example.com"] },
      attachments: [{ filename: "a.txt", contentType: "text/plain; charset=utf-8", size: 1 }],
      warnings: [],
    });
    expect(body.raw).toContain("Subject: Hello Ada\r\n");
    expect(body.size).toBe(String(body.raw).length);
    expect(endpoint.sent).toEqual([]);
    expect(await log(endpoint)).toEqual([]);
  });

  test.each([
    [{ subject: undefined }, ["no-subject"]],
    [{ text: undefined }, ["no-body"]],
    [{ text: undefined, html: "<p>Hi</p>" }, ["no-text"]],
    [{ html: `<p>${"x".repeat(110_000)}</p>` }, ["html-clipped"]],
    [{ html: '<img src="https://cdn.example/a.png">' }, ["remote-content"]],
    [{ html: '<p style="background:url(//cdn.example/a.png)">' }, ["remote-content"]],
    [{ html: '<p onclick="x()">' }, ["active-content"]],
    [{ html: "<script>x()</script>" }, ["active-content"]],
    [{ html: '<p><a href="https://example.com">Hi</a><img src="cid:logo"></p>' }, []],
  ])("warns of %j: %j", async (change, warnings) => {
    const { body } = await preview(testEndpoint(), { ...MESSAGE, ...change });
    expect((body.warnings as { code: string }[]).map(({ code }) => code)).toEqual(warnings);
  });

  test("says what is wrong with a message that could not be sent", async () => {
    const { status, body } = await preview(testEndpoint(), { ...MESSAGE, text: "{{name}}", variables: {} });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "invalid-message", errors: [{ pointer: "/text" }] });
  });
});

describe("a message of several transactions, of which one was cut off after its final dot", () => {
  const to = ["b@example.com", "c@example.com", "d@example.com"];
  const rejected = [{ address: "c@example.com", reply: { code: 550, text: "No" }, retryable: false }];
  const cutOff = () =>
    testEndpoint({
      send: async (mail) => ({ ...acceptAll(mail), accepted: ["b@example.com"], rejected, unknown: ["d@example.com"] }),
    });

  test("is no success, and says of whom nobody can tell", async () => {
    const { ask } = cutOff();
    const { status, body } = await ask("POST", "/v1/messages", { ...MESSAGE, to });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: false,
      message: "Email sent to 1 of 3 recipients",
      accepted: ["b@example.com"],
      rejected,
      unknown: ["d@example.com"],
    });
    const logged = await ask("GET", `/v1/messages/${body.id}`);
    expect(logged.body).toMatchObject({ state: "partial", unknown: ["d@example.com"] });
  });

  test("is answered the same when it is asked for again, and is the same receipt for a client", async () => {
    const { app, post } = cutOff();
    const key = { "idempotency-key": "1" };
    const first = await (await post({ ...MESSAGE, to }, key)).json();
    expect(await (await post({ ...MESSAGE, to }, key)).json()).toEqual(first);
    const fetch = async (input: string | URL | Request, init?: RequestInit) => app.fetch(new Request(input, init));
    const transport = httpTransport({ url: "http://endpoint", apiKey: TOKEN, connection: "main", fetch });
    const receipt = await createMailer({ transport }).send({ from: "a@example.com", to, text: "Hello" });
    expect(receipt).toMatchObject({ accepted: ["b@example.com"], unknown: ["d@example.com"] });
  });

  test("is no success by any connector", async () => {
    const message = { from: "a@example.com", to: to.join(","), subject: "Hi", body: "Hello" };
    const { body } = await cutOff().ask("POST", "/v1/connectors/appsmith/send", { connection: "main", message });
    expect(body.success).toBe(false);
  });
});
