import { describe, expect, onTestFinished, test } from "vitest";
import { startSmtpServer, type TestSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { MESSAGE, TOKEN } from "./endpoint.ts";
import { type Entry, LOGIN, startWorkersEntry } from "./entries.ts";

async function startMailServer(options: TestSmtpServerOptions = {}): Promise<TestSmtpServer> {
  const smtp = await startSmtpServer({ users: { [LOGIN.username]: LOGIN.password }, ...options });
  onTestFinished(() => smtp.close());
  return smtp;
}

async function start(smtp: TestSmtpServer, variables: Readonly<Record<string, string>> = {}): Promise<Entry> {
  const worker = await startWorkersEntry(smtp, { variables });
  onTestFinished(() => worker[Symbol.asyncDispose]());
  return worker;
}

function states({ body }: Awaited<ReturnType<Entry["request"]>>): string[] {
  return body.messages.map(({ state }: { state: string }) => state);
}

describe("the Worker", () => {
  test("sends over STARTTLS, with a login, and leaves no connection behind", async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const smtp = await startMailServer({ server: { onClose: () => close() } });
    const worker = await start(smtp);
    expect(await worker.request("POST", "/v1/messages", MESSAGE)).toMatchObject({
      status: 200,
      body: { success: true, accepted: ["b@example.com"], reply: { code: 250 } },
    });
    expect(smtp.received).toMatchObject([
      { envelope: { from: "a@example.com", to: ["b@example.com"] }, secure: true, serverName: "localhost" },
    ]);
    await closed;
  });

  test("makes its tables by itself, also when two requests are the first", async () => {
    const worker = await start(await startMailServer());
    const both = await Promise.all([1, 2].map(() => worker.request("POST", "/v1/messages", MESSAGE)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(states(await worker.request("GET", "/v1/messages"))).toEqual(["sent", "sent"]);
  });

  test("uses a stored connection in the next request too, though sockets cannot be handed on", async () => {
    const smtp = await startMailServer();
    const allowed = { EDGEPOST_ALLOW_HOSTS: "localhost", EDGEPOST_ALLOW_PORTS: String(smtp.port) };
    const worker = await start(smtp, allowed);
    const stored = { name: "team/alerts", host: "localhost", port: smtp.port, auth: LOGIN };
    expect(await worker.request("POST", "/v1/connections", stored)).toMatchObject({ status: 201 });
    for (const subject of ["one", "two", "three"]) {
      const message = { ...MESSAGE, connection: "team/alerts", subject };
      expect(await worker.request("POST", "/v1/messages", message)).toMatchObject({ status: 200 });
    }
    expect(smtp.received.map(({ username }) => username)).toEqual(["user", "user", "user"]);
    expect(worker.log).not.toContain("sesame");
  });

  test("tests a connection in stages, on its own sockets", async () => {
    const worker = await start(await startMailServer());
    const { body } = await worker.request("POST", "/v1/connections/main/verify");
    expect(body.ok, JSON.stringify(body)).toBe(true);
    const stages = body.stages.map(({ stage }: { stage: string }) => stage);
    expect(stages).toEqual(["resolve", "connect", "tls", "ehlo", "auth"]);
  });

  test("without a queue sends at once what may be sent later, and refuses what must be", async () => {
    const smtp = await startMailServer();
    const worker = await startWorkersEntry(smtp, { isBare: true });
    onTestFinished(() => worker[Symbol.asyncDispose]());
    const sent = await worker.request("POST", "/v1/messages", MESSAGE, { prefer: "respond-async" });
    expect(sent).toMatchObject({ status: 200, body: { success: true } });
    expect(sent.headers.get("preference-applied")).toBeNull();
    const later = await worker.request("POST", "/v1/messages", { ...MESSAGE, sendAt: "2099-01-01T00:00:00Z" });
    expect(later).toMatchObject({ status: 422, body: { code: "unsupported" } });
    expect(smtp.received).toHaveLength(1);
  });

  // A client that hangs up ends its request, and a send with it; only work that was announced goes on. Miniflare ends
  // nothing, so what is tested is the announcement.
  test("asks the platform to let it finish what is being sent", async () => {
    const { default: worker } = await import("@edgepost/server/worker");
    const announced: Promise<unknown>[] = [];
    const life = { waitUntil: (work: Promise<unknown>) => void announced.push(work) };
    const answer = worker.fetch(new Request("http://worker/healthz"), {} as never, life);
    await expect(answer).rejects.toThrow("lacks");
    expect(announced).toHaveLength(1);
    await expect(announced[0]).resolves.toBeUndefined();
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
