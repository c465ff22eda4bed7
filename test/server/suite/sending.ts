import { simpleParser } from "mailparser";
import { expect, test } from "vitest";
import type { House } from "./house.ts";

const MESSAGE = { connection: "main", from: "a@example.com", to: "b@example.com", subject: "Grüße ✓", text: "Hello" };

/** What the endpoint is for, from the request to the mail that arrives. */
export function sendingSuite(house: House): void {
  test("sends a message with text, HTML and an attachment that arrives as it was sent", async () => {
    const content = Uint8Array.from({ length: 3000 }, (_, index) => index % 256);
    const { status, body } = await house.entry.request("POST", "/v1/messages", {
      ...MESSAGE,
      bcc: "archive@example.com",
      html: "<p>Hello</p>",
      attachments: [{ filename: "café.bin", content: Buffer.from(content).toString("base64"), encoding: "base64" }],
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({
      success: true,
      accepted: ["b@example.com", "archive@example.com"],
      reply: { code: 250 },
    });

    const received = house.smtp.received.at(-1);
    expect(received).toMatchObject({
      secure: true,
      username: "user",
      envelope: { to: ["b@example.com", "archive@example.com"] },
    });
    const parsed = await simpleParser(Buffer.from(received?.raw ?? []));
    expect(parsed).toMatchObject({ subject: "Grüße ✓", text: "Hello", html: "<p>Hello</p>" });
    expect(parsed.attachments[0]?.filename).toBe("café.bin");
    expect(new Uint8Array(parsed.attachments[0]?.content ?? [])).toEqual(content);
  });

  test.each([
    ["first", ["message", "file"]],
    ["last", ["file", "message"]],
  ])("takes a form whose message comes %s, and its files arrive as they were sent", async (_where, order) => {
    const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) % 256);
    const form = new FormData();
    for (const part of order) {
      if (part === "message") form.append("message", JSON.stringify({ ...MESSAGE, subject: "A form" }));
      else form.append("file", new Blob([content]), "café.bin");
    }
    const { status, body } = await postForm(house, form);
    expect(status, JSON.stringify(body)).toBe(200);
    const received = house.smtp.received.at(-1);
    expect(received?.raw.length).toBe(body.size);
    const { subject, attachments } = await simpleParser(Buffer.from(received?.raw ?? []));
    expect([subject, attachments[0]?.filename]).toEqual(["A form", "café.bin"]);
    expect(new Uint8Array(attachments[0]?.content ?? [])).toEqual(content);
  });

  test("tells a mail server how large a form's message is before it is sent", async () => {
    const form = new FormData();
    form.append("message", JSON.stringify({ ...MESSAGE, connection: "small-messages", subject: "" }));
    form.append("file", new Blob(["x".repeat(5000)]), "a.txt");
    const answer = await postForm(house, form);
    expect(answer).toMatchObject({ status: 413, body: { code: "message-too-large", phase: "mail" } });
  });

  test("attaches a message of 7-bit text from a form, also where the mail server knows no more", async () => {
    const form = new FormData();
    form.append("message", JSON.stringify({ ...MESSAGE, connection: "without-utf8", subject: "An eml" }));
    form.append("file", new Blob(["Subject: Inside\r\n\r\nHello\r\n"], { type: "message/rfc822" }), "a.eml");
    expect(await postForm(house, form)).toMatchObject({ status: 200 });
  });

  test("tells the truth about each recipient", async () => {
    const partial = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, cc: "nobody@example.com" });
    expect(partial.body).toMatchObject({
      success: false,
      accepted: ["b@example.com"],
      rejected: [{ address: "nobody@example.com", reply: { code: 550 }, retryable: false }],
    });
    const none = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, to: "nobody@example.com" });
    expect(none).toMatchObject({ status: 424, body: { code: "recipients-rejected", phase: "rcpt", retryable: false } });
    const later = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, to: "later@example.com" });
    expect(later).toMatchObject({ status: 503, body: { code: "recipients-rejected", retryable: true } });
    const before = house.smtp.received.length;
    const all = { ...MESSAGE, cc: "nobody@example.com", recipients: "all-or-none" };
    expect(await house.entry.request("POST", "/v1/messages", all)).toMatchObject({ status: 424 });
    expect(house.smtp.received).toHaveLength(before);
  });

  test("answers a repeated request with the first one's answer", async () => {
    const key = { "idempotency-key": "order-1" };
    const before = house.smtp.received.length;
    const first = await house.entry.request("POST", "/v1/messages", MESSAGE, key);
    const second = await house.entry.request("POST", "/v1/messages", MESSAGE, key);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    const other = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, text: "Other" }, key);
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency-key-reused" } });
    expect(house.smtp.received).toHaveLength(before + 1);
  });

  test("two hundred requests with one key send one message", async () => {
    const before = house.smtp.received.length;
    const requests = Array.from({ length: 200 }, () =>
      house.entry.request("POST", "/v1/messages", MESSAGE, { "idempotency-key": "order-200" }),
    );
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(house.smtp.received).toHaveLength(before + 1);
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(statuses).toContain(200);
  });

  test("logs what became of each message, in pages", async () => {
    const { body } = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, to: "log@example.com" });
    const one = await house.entry.request("GET", `/v1/messages/${body.id}`);
    expect(one.body).toMatchObject({
      id: body.id,
      state: "sent",
      connection: "main",
      envelope: { to: ["log@example.com"] },
    });
    const found = await house.entry.request("GET", "/v1/messages?recipient=log@example.com&state=sent&limit=1");
    expect(found.body.messages).toHaveLength(1);
    expect(
      (await house.entry.request("GET", `/v1/messages?cursor=${body.id}&limit=100`)).body.messages,
    ).not.toContainEqual(expect.objectContaining({ id: body.id }));
  });

  test("sends a batch, with a result for each", async () => {
    const messages = ["1@example.com", "nobody@example.com", "3@example.com"].map((to) => ({ ...MESSAGE, to }));
    const { status, body } = await house.entry.request("POST", "/v1/messages/batch", { messages });
    expect(status).toBe(200);
    expect(body.results.map(({ success }: { success: boolean }) => success)).toEqual([true, false, true]);
  });

  test("previews without sending", async () => {
    const before = house.smtp.received.length;
    const { body } = await house.entry.request("POST", "/v1/messages/preview", MESSAGE);
    expect(body).toMatchObject({ subject: "Grüße ✓", text: "Hello", warnings: [] });
    expect(house.smtp.received).toHaveLength(before);
  });

  test("verifies a connection in stages, and sends a test message when asked", async () => {
    const { body } = await house.entry.request("POST", "/v1/connections/main/verify", {});
    expect(body).toMatchObject({ ok: true, capabilities: expect.objectContaining({ PIPELINING: "" }) });
    expect(body.stages.map(({ stage }: { stage: string }) => stage)).toEqual([
      "resolve",
      "connect",
      "tls",
      "ehlo",
      "auth",
    ]);
  });

  test("shows the certificate of the mail server, where the runtime tells", async () => {
    const { body } = await house.entry.request("POST", "/v1/connections/main/verify", {});
    const stage = body.stages.find(({ stage }: { stage: string }) => stage === "tls");
    const certificate = { subject: "CN=localhost", names: expect.arrayContaining(["localhost", "127.0.0.1"]) };
    // Workers tell nothing: there the entry has no TLS settings of its own either.
    if (house.entry.tls === undefined) expect(stage).not.toHaveProperty("tls");
    else expect(stage.tls).toMatchObject({ protocol: "TLSv1.3", certificate });
  });

  test("lists the connections it was configured with, as what cannot be changed", async () => {
    const { body } = await house.entry.request("GET", "/v1/connections");
    expect(body.connections).toContainEqual(expect.objectContaining({ name: "main", readOnly: true }));
  });

  test("keeps connections and keys, and guards them", async () => {
    const stored = {
      name: "team/alerts",
      host: "93.184.216.34",
      auth: { username: "u", password: "canary2-sesame" },
    };
    expect((await house.entry.request("POST", "/v1/connections", stored)).status).toBe(201);
    const refused = await house.entry.request("POST", "/v1/connections", { name: "evil", host: "169.254.169.254" });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/host" }] } });
    const { body: made } = await house.entry.request("POST", "/v1/keys", { name: "k", scopes: ["messages:read"] });
    const own = { authorization: `Bearer ${made.token}` };
    expect((await house.entry.request("GET", "/v1/messages", undefined, own)).status).toBe(200);
    expect((await house.entry.request("POST", "/v1/messages", MESSAGE, own)).status).toBe(403);
    expect((await house.entry.request("DELETE", `/v1/keys/${made.id}`)).status).toBe(204);
    expect((await house.entry.request("GET", "/v1/messages", undefined, own)).status).toBe(401);
  });

  test("refuses private hosts that are brought along", async () => {
    for (const host of ["127.0.0.1", "localhost", "10.0.0.1", "::1", "169.254.169.254", "metadata.google.internal"]) {
      const answer = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, connection: { host } });
      expect(answer, host).toMatchObject({ status: 422, body: { code: "invalid-connection" } });
    }
  });
}

async function postForm({ entry }: House, form: FormData) {
  const written = new Response(form);
  const headers = { "content-type": written.headers.get("content-type") ?? "" };
  return entry.request("POST", "/v1/messages", new Uint8Array(await written.arrayBuffer()), headers);
}
