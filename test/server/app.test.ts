import { MailError } from "@edgepost/core";
import { createServer } from "@edgepost/server";
import { describe, expect, test } from "vitest";
import { acceptAll, MESSAGE, TOKEN, testEndpoint } from "./endpoint.ts";

describe("POST /v1/messages", () => {
  test("sends a message and answers with what became of it", async () => {
    const { post, sent } = testEndpoint();
    const response = await post({ ...MESSAGE, to: ["b@example.com", { name: "C", address: "c@example.com" }] });

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await response.json()).toEqual({
      success: true,
      message: "Email sent successfully",
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      messageId: sent[0]?.messageId,
      accepted: ["b@example.com", "c@example.com"],
      rejected: [],
      reply: { code: 250, enhancedCode: "2.0.0", text: "queued as 1" },
      size: 1,
      downgrades: [],
    });
    expect(sent[0]?.message).toMatchObject({ subject: "Hi", text: "Hello" });
  });

  test("says so when only some recipients were accepted", async () => {
    const rejected = { address: "c@example.com", reply: { code: 550, text: "No such user" }, retryable: false };
    const { post } = testEndpoint({
      send: async (mail) => ({ ...acceptAll(mail), accepted: ["b@example.com"], rejected: [rejected] }),
    });
    const response = await post({ ...MESSAGE, cc: "c@example.com" });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      success: false,
      message: "Email sent to 1 of 2 recipients",
      accepted: ["b@example.com"],
      rejected: [rejected],
    });
  });

  test("hands on that everybody or nobody should get it", async () => {
    let asked: unknown;
    const { post } = testEndpoint({
      send: async (mail, options) => {
        asked = options?.recipients;
        return acceptAll(mail);
      },
    });
    await post({ ...MESSAGE, recipients: "all-or-none" });
    expect(asked).toBe("all-or-none");
  });

  test("sends base64 attachments as the bytes they are", async () => {
    const { post, sent } = testEndpoint();
    const content = Buffer.from([0, 255, 13, 10, 46]).toString("base64");
    const response = await post({ ...MESSAGE, attachments: [{ filename: "a.bin", content, encoding: "base64" }] });

    expect(response.status).toBe(200);
    const [attachment] = sent[0]?.message.attachments ?? [];
    expect(attachment).toMatchObject({
      filename: "a.bin",
      content: { kind: "bytes", bytes: new Uint8Array([0, 255, 13, 10, 46]) },
    });
  });

  test("uses the defaults of the connection for what the message leaves out", async () => {
    const { post, sent } = testEndpoint({
      connections: {
        main: { host: "mail.example.com", defaults: { from: "Team <team@example.com>", replyTo: "r@example.com" } },
      },
    });
    await post({ connection: "main", to: "b@example.com", text: "Hello" });
    expect(sent[0]?.message).toMatchObject({
      from: [{ name: "Team", address: "team@example.com" }],
      replyTo: [{ address: "r@example.com" }],
    });
  });

  test("takes a connection along with the message, opens it for this one and closes it", async () => {
    const events: string[] = [];
    const { post } = testEndpoint({
      transport: (connection) => ({
        name: "test",
        send: async (mail) => {
          events.push(`send to ${(connection as { host: string }).host}`);
          return acceptAll(mail);
        },
        close: async () => {
          events.push("close");
        },
      }),
    });
    const response = await post({
      ...MESSAGE,
      connection: { host: "mail.example.org", auth: { username: "u", password: "canary" } },
    });
    expect(response.status).toBe(200);
    expect(events).toEqual(["send to mail.example.org", "close"]);
  });

  test("opens a configured connection once for all its messages", async () => {
    let opened = 0;
    const { post } = testEndpoint({
      transport: () => {
        opened++;
        return { name: "test", send: async (mail) => acceptAll(mail) };
      },
    });
    await Promise.all([post(MESSAGE), post(MESSAGE), post(MESSAGE)]);
    expect(opened).toBe(1);
  });

  test("refuses a message that became too large, before it is sent", async () => {
    const { post, sent } = testEndpoint({ limits: { maxMessageBytes: 1000 } });
    const response = await post({ ...MESSAGE, text: "a".repeat(1000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "message-too-large", phase: "input" });
    expect(sent).toEqual([]);
  });
});

describe("when a send fails", () => {
  test.each([
    ["auth-failed", { phase: "auth", reply: { code: 535, text: "No" } }, 502, false],
    ["connect-failed", { phase: "connect", retryable: true }, 502, true],
    ["tls-required", { phase: "tls" }, 502, false],
    ["message-rejected", { phase: "body", reply: { code: 554, text: "Spam" } }, 424, false],
    ["message-rejected", { phase: "body", reply: { code: 451, text: "Later" } }, 503, true],
    ["sender-rejected", { phase: "mail", reply: { code: 550, text: "Not you" } }, 424, false],
    ["rate-limited", { phase: "idle", retryable: true }, 429, true],
    ["timeout", { phase: "rcpt", retryable: true }, 504, true],
    ["delivery-unknown", { phase: "body" }, 504, false],
    ["smtputf8-unsupported", { phase: "mail" }, 424, false],
    ["unsupported", { phase: "input" }, 422, false],
    ["message-too-large", { phase: "mail" }, 413, false],
    ["closed", { phase: "input" }, 503, false],
  ] as const)("%s with %j is a %d", async (code, facts, status, retryable) => {
    const { post } = testEndpoint({ send: () => Promise.reject(new MailError(code, "What happened.", facts)) });
    const response = await post(MESSAGE);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      status,
      code,
      retryable,
      detail: "What happened.",
      phase: facts.phase,
    });
  });

  test("the problem carries every fact the mail server gave", async () => {
    const recipients = [
      { address: "b@example.com", reply: { code: 550, enhancedCode: "5.1.1", text: "No" }, retryable: false },
    ];
    const { post } = testEndpoint({
      send: () =>
        Promise.reject(
          new MailError("recipients-rejected", "Nobody was accepted.", {
            phase: "rcpt",
            reply: { code: 550, enhancedCode: "5.1.1", text: "No" },
            recipients,
            trace: ["C: RCPT TO:<b@example.com>"],
          }),
        ),
    });
    const response = await post(MESSAGE);
    const requestId = response.headers.get("x-request-id");
    expect(await response.json()).toEqual({
      type: "/docs#problem-recipients-rejected",
      title: "The mail server refused every recipient",
      status: 424,
      detail: "Nobody was accepted.",
      instance: `urn:uuid:${requestId}`,
      code: "recipients-rejected",
      phase: "rcpt",
      retryable: false,
      reply: { code: 550, enhancedCode: "5.1.1", text: "No" },
      rejected: recipients,
    });
  });

  test("an error nobody foresaw tells the caller nothing and the log what it was", async () => {
    const { post, log } = testEndpoint({ send: () => Promise.reject(new Error("disk on fire")) });
    const response = await post(MESSAGE);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("disk");
    expect(log).toMatchObject([{ level: "error", status: 500, code: "internal-error", error: "Error: disk on fire" }]);
  });

  test("a connection brought along is closed", async () => {
    let closed = false;
    const { post } = testEndpoint({
      transport: () => ({
        name: "test",
        send: () => Promise.reject(new MailError("connect-failed", "No.", { phase: "connect" })),
        close: async () => {
          closed = true;
        },
      }),
    });
    await post({ ...MESSAGE, connection: { host: "mail.example.org" } });
    expect(closed).toBe(true);
  });
});

describe("keys", () => {
  test.each([
    ["no key", {}, 'Bearer realm="edgepost"'],
    ["another scheme", { authorization: `Basic ${TOKEN}` }, 'Bearer realm="edgepost"'],
    ["a key nobody gave out", { authorization: `Bearer ${TOKEN}x` }, 'Bearer realm="edgepost", error="invalid_token"'],
    [
      "the beginning of a key",
      { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
      'Bearer realm="edgepost", error="invalid_token"',
    ],
    ["two keys", { authorization: `Bearer ${TOKEN}, Bearer ${TOKEN}` }, 'Bearer realm="edgepost"'],
    ["an empty key", { authorization: "Bearer " }, 'Bearer realm="edgepost"'],
  ])("%s is a 401 that says how to ask", async (_what, headers: Record<string, string>, challenge) => {
    const { app } = testEndpoint();
    const response = await app.request("/v1/messages", { method: "POST", headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(challenge);
    expect(await response.json()).toMatchObject({ code: "unauthorized" });
  });

  test("the scheme may be written in any case", async () => {
    const { post } = testEndpoint();
    expect((await post(MESSAGE, { authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });

  test.each([
    ["messages:send", MESSAGE],
    ["connections:use", MESSAGE],
    ["connections:inline", { ...MESSAGE, connection: { host: "mail.example.org" } }],
  ] as const)("without the scope %s it is a 403 that names it", async (missing, body) => {
    const scopes = (["messages:send", "connections:use", "connections:inline"] as const).filter(
      (scope) => scope !== missing,
    );
    const { post, sent } = testEndpoint({ keys: [{ name: "test", token: TOKEN, scopes }] });
    const response = await post(body);
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toContain(`scope="${missing}"`);
    expect(sent).toEqual([]);
  });

  test("a connection that exists for others only is answered like one that does not exist", async () => {
    const { post } = testEndpoint({
      keys: [{ name: "test", token: TOKEN, connections: ["other"] }],
      connections: { main: "smtp://mail.example.com", other: "smtp://mail.example.com" },
    });
    const [foreign, unknown, own] = [
      await post(MESSAGE),
      await post({ ...MESSAGE, connection: "nobody's" }),
      await post({ ...MESSAGE, connection: "other" }),
    ];
    expect([foreign.status, unknown.status, own.status]).toEqual([404, 404, 200]);
    const texts = [await foreign.json(), await unknown.json()].map(({ instance: _, ...problem }) => problem);
    expect(texts[0]).toEqual(texts[1]);
  });

  test("a weak key stops the start, without being repeated", () => {
    const start = () =>
      createServer({ keys: [{ name: "weak", token: "canary2" }], transport: () => expect.unreachable() });
    expect(start).toThrow(/"weak"/);
    expect(start).not.toThrow(/canary2/);
  });
});

test("a configured connection that cannot be used stops the start and names itself", () => {
  const start = () => testEndpoint({ connections: { main: { host: "mail.example.com", port: 25 } } });
  expect(start).toThrow(
    expect.objectContaining({ issues: [expect.objectContaining({ path: "connections.main.port" })] }),
  );
});

describe("around the routes", () => {
  test.each(["/healthz", "/readyz"])("%s answers without a key, to GET and HEAD", async (path) => {
    const { app } = testEndpoint();
    expect((await app.request(path)).status).toBe(200);
    expect((await app.request(path, { method: "HEAD" })).status).toBe(200);
  });

  test("a path nobody serves is a 404", async () => {
    const { app } = testEndpoint();
    const response = await app.request("/v2/messages");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "not-found" });
  });

  test("a method nobody serves is a 405 that names those that are", async () => {
    const { app } = testEndpoint();
    const response = await app.request("/v1/messages", {
      method: "DELETE",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toContain("POST");
    expect(await response.json()).toMatchObject({ code: "method-not-allowed" });
  });

  test.each([
    ["text/html", 406],
    ["application/json;q=0", 406],
    ["text/html, application/json;q=0.5", 200],
    ["application/problem+json", 200],
    ["*/*", 200],
  ])("Accept: %s is a %d", async (accept, status) => {
    const { post } = testEndpoint();
    expect((await post(MESSAGE, { accept })).status).toBe(status);
  });

  test("every answer has an id of our own, and headers that keep browsers from interpreting it", async () => {
    const { app, post } = testEndpoint();
    const answers = [await post(MESSAGE, { "x-request-id": "forged" }), await post({}), await app.request("/nothing")];
    for (const { headers } of answers) {
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test("every request leaves one line in the log", async () => {
    const { post, log } = testEndpoint();
    const response = await post(MESSAGE);
    await post({ ...MESSAGE, connection: "none" });
    expect(log).toEqual([
      {
        time: expect.any(String),
        level: "info",
        event: "request",
        requestId: response.headers.get("x-request-id"),
        method: "POST",
        path: "/v1/messages",
        status: 200,
        ms: expect.any(Number),
        key: "test",
      },
      expect.objectContaining({ status: 404, code: "connection-not-found" }),
    ]);
  });
});

describe("closing", () => {
  test("lets the message that is being sent finish, and refuses the next", async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    let closed = false;
    const { app, post } = testEndpoint({
      transport: () => ({
        name: "test",
        send: async (mail) => {
          begin();
          await mayFinish;
          return acceptAll(mail);
        },
        close: async () => {
          closed = true;
        },
      }),
    });
    const sending = post(MESSAGE);
    await began;
    const closing = app.close();

    expect((await post(MESSAGE)).status).toBe(503);
    expect((await app.request("/readyz")).status).toBe(503);
    expect((await app.request("/healthz")).status).toBe(200);
    expect(closed).toBe(false);

    finish();
    expect((await sending).status).toBe(200);
    await closing;
    expect(closed).toBe(true);
  });
});

test("no secret is in any answer or log line", async () => {
  const { post, log } = testEndpoint();
  const password = "canary2-sesame";
  const texts = await Promise.all(
    [
      { ...MESSAGE, connection: { host: "bad host", auth: { username: "u", password } } },
      { ...MESSAGE, connection: { host: "mail.example.com", port: 25, auth: { username: "u", password } } },
      { ...MESSAGE, connection: `smtp://u:${password}@mail.example.com` },
      { ...MESSAGE, connection: { host: "mail.example.com", password } },
      { ...MESSAGE, connection: { host: "mail.example.com", auth: { username: "u\r\n", password } } },
      { ...MESSAGE, connection: { host: "mail.example.com", auth: password } },
      { ...MESSAGE, connection: { host: "mail.example.com", security: "none", auth: { username: "u", password } } },
    ].map(async (body) => (await post(body)).text()),
  );
  for (const text of texts) expect(JSON.parse(text).status).toBeGreaterThanOrEqual(400);
  expect(JSON.stringify([texts, log])).not.toContain("sesame");
  expect(JSON.stringify([texts, log])).not.toContain(TOKEN);
});
