import { describe, expect, onTestFinished, test } from "vitest";
import { startSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { MESSAGE, TOKEN } from "./endpoint.ts";
import { ENTRIES, type RunningEntry } from "./entries.ts";

const LOGIN = { username: "user", password: "hunter2-sesame" };

async function startWith(options: TestSmtpServerOptions = {}, variables: Readonly<Record<string, string>> = {}) {
  const smtp = await startSmtpServer({ users: { [LOGIN.username]: LOGIN.password }, ...options });
  onTestFinished(() => smtp.close());
  const main = { host: "localhost", port: smtp.port, auth: LOGIN };
  const worker = await startWorker({ EDGEPOST_CONNECTIONS: JSON.stringify({ main }), ...variables });
  return { smtp, worker };
}

async function startWorker(variables: Readonly<Record<string, string>>): Promise<RunningEntry> {
  const entry = ENTRIES.find(({ name }) => name === "Workers with D1");
  if (entry === undefined) throw new Error("The Workers entry has another name.");
  const worker = await entry.start(variables);
  onTestFinished(() => worker.close());
  return worker;
}

function ask({ url }: RunningEntry, method: string, path: string, body?: unknown, signal?: AbortSignal) {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  return fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body), signal: signal ?? null });
}

describe("the Worker", () => {
  test("sends over STARTTLS, with a login, and leaves no connection behind", async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const { smtp, worker } = await startWith({ server: { onClose: () => close() } });
    const response = await ask(worker, "POST", "/v1/messages", MESSAGE);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ success: true, accepted: ["b@example.com"], reply: { code: 250 } });
    expect(smtp.received).toMatchObject([
      { envelope: { from: "a@example.com", to: ["b@example.com"] }, secure: true, serverName: "localhost" },
    ]);
    await closed;
  });

  test("makes its tables by itself, also when two requests are the first", async () => {
    const { worker } = await startWith();
    const both = await Promise.all([1, 2].map(() => ask(worker, "POST", "/v1/messages", MESSAGE)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const log = (await (await ask(worker, "GET", "/v1/messages")).json()) as { messages: { state: string }[] };
    expect(log.messages.map(({ state }) => state)).toEqual(["sent", "sent"]);
  });

  test("finishes a send whose client hangs up, and knows what became of it", async () => {
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: wait } = Promise.withResolvers<void>();
    const { smtp, worker } = await startWith({
      beforeReply: (command) => {
        if (command !== "DATA") return undefined;
        wait();
        return mayAnswer;
      },
    });
    const hangUp = new AbortController();
    const sending = ask(worker, "POST", "/v1/messages", MESSAGE, hangUp.signal);
    sending.catch(() => {});
    await waiting;
    hangUp.abort();
    await expect(sending).rejects.toThrow();
    // The Worker is asked something else first, so that it has seen the client leave.
    await ask(worker, "GET", "/v1/messages");
    answer();
    await smtp.waitFor(1);
    await expect
      .poll(async () => (await ask(worker, "GET", "/v1/messages")).json())
      .toMatchObject({ messages: [{ state: "sent" }] });
  });

  test("uses a stored connection in the next request too, though sockets cannot be handed on", async () => {
    const smtp = await startSmtpServer({ users: { [LOGIN.username]: LOGIN.password } });
    onTestFinished(() => smtp.close());
    const worker = await startWorker({ EDGEPOST_ALLOW_HOSTS: "localhost", EDGEPOST_ALLOW_PORTS: String(smtp.port) });
    const stored = { name: "team/alerts", host: "localhost", port: smtp.port, auth: LOGIN };
    expect((await ask(worker, "POST", "/v1/connections", stored)).status).toBe(201);
    for (const subject of ["one", "two", "three"]) {
      const response = await ask(worker, "POST", "/v1/messages", { ...MESSAGE, connection: "team/alerts", subject });
      expect(response.status, await response.text()).toBe(200);
    }
    expect(smtp.received.map(({ username }) => username)).toEqual(["user", "user", "user"]);
    expect(worker.log).not.toContain("sesame");
  });

  test("tests a connection in stages, on its own sockets", async () => {
    const { worker } = await startWith();
    const response = await ask(worker, "POST", "/v1/connections/main/verify");
    const answer = (await response.json()) as { ok: boolean; stages: { stage: string }[] };
    expect(answer.ok, JSON.stringify(answer)).toBe(true);
    expect(answer.stages.map(({ stage }) => stage)).toEqual(["resolve", "connect", "tls", "ehlo", "auth"]);
  });

  test.each([
    ["DB, a D1 database", { DB: undefined }],
    ["EDGEPOST_API_KEY, a secret", { EDGEPOST_API_KEY: "" }],
    ["EDGEPOST_ENCRYPTION_KEYS, a secret", { EDGEPOST_ENCRYPTION_KEYS: "" }],
  ])("names the binding it lacks: %s", async (binding, bindings) => {
    const { default: worker } = await import("@edgepost/server/worker");
    const all = { DB: {}, EDGEPOST_API_KEY: TOKEN, EDGEPOST_ENCRYPTION_KEYS: "A".repeat(43), ...bindings };
    const request = worker.fetch(new Request("http://worker/healthz"), all as never, { waitUntil() {} });
    await expect(request).rejects.toThrow(binding);
  });
});
