import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCue } from "../support/cue.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import type { SendRequest } from "./workers/durable-object-worker.ts";
import type { Outcome } from "./workers/outcome.ts";

const message = { from: "worker@example.com", to: "ada@example.com", subject: "Hello", text: "Through an object" };

describe("SmtpSessionObject", () => {
  let storage: string;
  let worker: TestWorker;
  beforeAll(async () => {
    storage = await mkdtemp(join(tmpdir(), "edgepost-objects-"));
    worker = await startWorker(new URL("./workers/durable-object-worker.ts", import.meta.url), {
      miniflare: { durableObjects: { SMTP_SESSION: "SmtpSessionObject" }, durableObjectsPersist: storage },
    });
  });
  afterAll(async () => {
    await worker.close();
    await rm(storage, { recursive: true });
  });

  const sendAll = (request: SendRequest): Promise<Outcome[]> => worker.ask<Outcome[]>("/", request);
  const send = async (request: Omit<SendRequest, "messages">): Promise<Outcome> => {
    const [outcome] = await sendAll({ messages: [message], ...request });
    return outcome ?? expect.unreachable("no outcome");
  };

  it("keeps one session warm over requests", async () => {
    await using server = await startSmtpServer({ users: { ada: "canary" } });
    const connection = { host: "localhost", port: server.port, auth: { username: "ada", password: "canary" } };
    for (let request = 0; request < 5; request++) {
      expect(await send({ connection })).toMatchObject({
        receipt: { accepted: ["ada@example.com"], reply: { code: 250 } },
      });
    }
    expect(server.received).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  it("queues the messages of many requests for the connection's pool", async () => {
    await using server = await startSmtpServer();
    const connection = { host: "localhost", port: server.port, pool: { maxConnections: 2 } };
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => send({ connection })));
    for (const outcome of outcomes) expect(outcome).toHaveProperty("receipt");
    expect(server.received).toHaveLength(40);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it("refuses more than it can hold, and says to come back", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await startSmtpServer({ beforeReply: () => held });
    const connection = { host: "localhost", port: server.port };
    // Nothing is delivered before the release, so whichever of them is answered first is the one too many.
    const sending = Array.from({ length: 65 }, () => send({ connection }));
    const first = await Promise.race(sending);
    expect(first).toMatchObject({ error: { code: "rate-limited", retryable: true } });
    release();
    const outcomes = await Promise.all(sending);
    expect(outcomes.filter((outcome) => "receipt" in outcome)).toHaveLength(64);
  });

  it("brings the same message that was written, Bcc in the envelope alone", async () => {
    await using server = await startSmtpServer();
    const connection = { host: "localhost", port: server.port };
    const written = { ...message, subject: "Grüße", bcc: "blind@example.com", dsn: { notify: ["failure"] } } as const;
    const [outcome] = await sendAll({ connection, messages: [written] });
    expect(outcome).toMatchObject({
      receipt: { accepted: ["ada@example.com", "blind@example.com"], transport: "durable-object" },
    });
    const [mail] = server.received;
    expect(mail?.envelope).toEqual({ from: "worker@example.com", to: ["ada@example.com", "blind@example.com"] });
    expect(mail?.recipientParameters[0]).toMatchObject({ NOTIFY: "FAILURE" });
    expect(mail?.text).not.toContain("blind");
    expect(outcome).toHaveProperty("receipt.messageId", /Message-ID: (.*)\r/.exec(mail?.text ?? "")?.[1]);
  });

  it("passes a large stream on without holding it", async () => {
    await using server = await startSmtpServer();
    const connection = { host: "localhost", port: server.port };
    expect(await send({ connection, streamBytes: 20_000_000 })).toHaveProperty("receipt");
    expect(server.received[0]?.raw.length).toBeGreaterThan(20_000_000);
  });

  it("sends over no session that another password opened", async () => {
    await using server = await startSmtpServer({ users: { ada: "canary" } });
    const as = (password: string) => ({ host: "localhost", port: server.port, auth: { username: "ada", password } });
    expect(await send({ connection: as("canary") })).toHaveProperty("receipt");
    expect(await send({ connection: as("wrong-canary") })).toMatchObject({
      error: { code: "auth-failed", reply: 535 },
    });
    expect(await send({ connection: as("canary") })).toHaveProperty("receipt");
    expect(server.received).toHaveLength(2);
  });

  it("names the recipients a server refused", async () => {
    await using server = await startSmtpServer({ refuseRecipient: { "nobody@example.com": { code: 550 } } });
    const connection = { host: "localhost", port: server.port };
    const messages = [{ ...message, to: ["ada@example.com", "nobody@example.com"] }];
    expect(await sendAll({ connection, messages })).toMatchObject([
      {
        receipt: { accepted: ["ada@example.com"], rejected: [{ address: "nobody@example.com", reply: { code: 550 } }] },
      },
    ]);
    expect(await sendAll({ connection, messages, recipients: "all-or-none" })).toMatchObject([
      { error: { code: "recipients-rejected", recipients: ["nobody@example.com"] } },
    ]);
  });

  it("gives up when the caller does, and says how far it had come", async () => {
    await using cue = await startCue();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.line();
      cue.give();
      await dialogue.ended();
    });
    const connection = { host: "localhost", port: server.port };
    const outcome = await send({ connection, abortWhen: cue.url });
    expect(outcome).toMatchObject({ error: { code: "aborted", phase: "ehlo" } });
  });

  it("asks a token function once more when the token had run out", async () => {
    await using server = await startSmtpServer({ users: { ada: "fresh-canary" } });
    const connection = { host: "localhost", port: server.port };
    expect(await send({ connection, tokens: ["stale-canary", "fresh-canary"] })).toHaveProperty("receipt");
    expect(await send({ connection, tokens: ["stale-canary", "stale-canary", "fresh-canary"] })).toMatchObject({
      error: { code: "auth-failed" },
    });
  });

  it("tests a connection in stages", async () => {
    await using server = await startSmtpServer({ users: { ada: "canary" } });
    const connection = { host: "localhost", port: server.port, auth: { username: "ada", password: "wrong-canary" } };
    const stages = await worker.ask("/verify", { connection, messages: [] });
    expect(stages).toEqual(["connect ok", "tls ok", "ehlo ok", "auth auth-failed"]);
  });

  it("writes nothing of a connection to storage", async () => {
    await using server = await startSmtpServer({ users: { ada: "a-very-canary-word" } });
    const auth = { username: "ada", password: "a-very-canary-word" };
    await send({ connection: { host: "localhost", port: server.port, auth } });
    for (const file of await readdir(storage, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const stored = await readFile(join(file.parentPath, file.name), "latin1");
      expect(stored).not.toContain("a-very-canary-word");
    }
  });
});
