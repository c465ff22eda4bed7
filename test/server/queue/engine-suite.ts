import type { SmtpConnection } from "@edgepost/core";
import { expect, onTestFinished, test } from "vitest";
import { startSmtpServer, type TestSmtpServer, type TestSmtpServerOptions } from "../../support/smtp-server.ts";
import type { Answer } from "../endpoint.ts";

/** A server with an engine that delivers, and what its clients can do. */
export interface QueueHouse {
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Starts one. Its connection `main` is the one given; the limits of its queue are short: the second attempt comes after some
 * tens of milliseconds, and a connection is never paused.
 */
export type StartQueueHouse = (main: SmtpConnection) => Promise<QueueHouse>;

/** What a test works with. */
interface Scene extends QueueHouse {
  readonly smtp: TestSmtpServer;
  /** Stores a message for later; the id it got. */
  store(message?: object): Promise<string>;
  /** The message once it is in one of these states. */
  until(id: string, ...states: readonly string[]): Promise<Answer["body"]>;
}

const MESSAGE = { connection: "main", from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Hello" };
const ASYNC = { prefer: "respond-async" };

/** What every engine promises, told by what its clients and its mail server see. */
export function engineSuite(start: StartQueueHouse): void {
  async function open(options: TestSmtpServerOptions = {}): Promise<Scene> {
    const smtp = await startSmtpServer({ security: "none", ...options });
    const house = await start({ host: "127.0.0.1", port: smtp.port, security: "none", pool: { maxConnections: 2 } });
    onTestFinished(async () => {
      await house.close();
      await smtp.close();
    });
    return {
      ...house,
      smtp,
      async store(message = {}) {
        const answer = await house.ask("POST", "/v1/messages", { ...MESSAGE, ...message }, ASYNC);
        expect(answer.status, JSON.stringify(answer.body)).toBe(202);
        return answer.body.id;
      },
      async until(id, ...states) {
        for (;;) {
          const { body } = await house.ask("GET", `/v1/messages/${id}`);
          if (states.includes(body.state)) return body;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
    };
  }

  test("answers at once where the message can be asked for, and delivers it", async () => {
    const { ask, smtp, until } = await open();
    const { status, headers, body } = await ask("POST", "/v1/messages", MESSAGE, ASYNC);
    expect(status).toBe(202);
    expect(headers.get("location")).toBe(`/v1/messages/${body.id}`);
    expect(headers.get("preference-applied")).toBe("respond-async");
    expect(body).toMatchObject({ state: "queued", recipients: [{ address: "b@example.com", state: "queued" }] });
    expect(await until(body.id, "sent")).toMatchObject({
      recipients: [{ address: "b@example.com", state: "accepted" }],
      reply: { code: 250 },
      attempts: 1,
      dueAt: null,
    });
    const [arrived] = await smtp.waitFor(1);
    expect(arrived?.text).toContain(`Message-ID: ${body.messageId}`);
  });

  test("delivers many, each once", async () => {
    const { store, smtp, until } = await open();
    const ids = await Promise.all(Array.from({ length: 60 }, (_, index) => store({ subject: `order-${index}` })));
    for (const id of ids) await until(id, "sent");
    const subjects = smtp.received.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1]);
    expect(subjects).toHaveLength(60);
    expect(new Set(subjects).size).toBe(60);
  });

  test("keeps a message until its time, which may be changed, and takes it back", async () => {
    const { ask, store, until, smtp } = await open();
    const far = "2099-01-01T00:00:00.000Z";
    const [sooner = "", never = ""] = [await store({ sendAt: far }), await store({ sendAt: far, to: "c@example.com" })];
    expect((await ask("GET", `/v1/messages/${sooner}`)).body).toMatchObject({ state: "scheduled", dueAt: far });
    const cancelled = await ask("POST", `/v1/messages/${never}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { state: "cancelled", dueAt: null } });
    const soon = new Date(Date.now() + 50).toISOString();
    expect(await ask("PATCH", `/v1/messages/${sooner}`, { sendAt: soon })).toMatchObject({ status: 200 });
    await until(sooner, "sent");
    expect((await ask("POST", `/v1/messages/${sooner}/cancel`)).status).toBe(409);
    expect((await ask("PATCH", `/v1/messages/${never}`, { sendAt: soon })).status).toBe(409);
    expect(smtp.received.map(({ envelope }) => envelope.to)).toEqual([["b@example.com"]]);
  });

  test("tries again those who were refused for now, with the same message, and nobody else", async () => {
    const refuseRecipient: Record<string, { code: number }> = {
      "c@example.com": { code: 450 },
      "d@example.com": { code: 550 },
    };
    const { ask, store, until, smtp } = await open({ refuseRecipient });
    const id = await store({ to: "b@example.com, c@example.com, d@example.com" });
    await until(id, "deferred");
    delete refuseRecipient["c@example.com"];
    expect(await until(id, "partial")).toMatchObject({
      recipients: [
        { address: "b@example.com", state: "accepted" },
        { address: "c@example.com", state: "accepted" },
        { address: "d@example.com", state: "rejected", reply: { code: 550 } },
      ],
    });
    expect(smtp.received.map(({ envelope }) => envelope.to)).toEqual([["b@example.com"], ["c@example.com"]]);
    expect(smtp.received[1]?.text).toBe(smtp.received[0]?.text);
    const { body } = await ask("GET", `/v1/messages/${id}/events`);
    expect(body.attempts.length).toBeGreaterThanOrEqual(2);
    expect(body.attempts[0]).toMatchObject({ number: 1, stage: "done", reply: { code: 250 } });
    const types = body.events.map(({ type }: { type: string }) => type);
    expect(types.slice(0, 3)).toEqual(["message.queued", "message.sending", "message.deferred"]);
    expect(types.at(-1)).toBe("message.partial");
  });

  test("takes a 5yz for the last word, and sends again when somebody asks for it", async () => {
    const refuseRecipient: Record<string, { code: number }> = { "b@example.com": { code: 550 } };
    const { ask, store, until, smtp } = await open({ refuseRecipient });
    const id = await store();
    expect(await until(id, "failed")).toMatchObject({ attempts: 1, error: { code: "recipients-rejected" } });
    delete refuseRecipient["b@example.com"];
    expect(await ask("POST", `/v1/messages/${id}/retry`, { recipients: ["x@example.com"] })).toMatchObject({
      status: 422,
    });
    expect(await ask("POST", `/v1/messages/${id}/retry`)).toMatchObject({ status: 202, body: { state: "deferred" } });
    expect(await until(id, "sent")).toMatchObject({ attempts: 2, error: null });
    expect(smtp.received).toHaveLength(1);
    expect((await ask("POST", `/v1/messages/${id}/retry`)).status).toBe(409);
  });

  test("waits for a mail server that hangs up, and for one that is not there", async () => {
    let isBroken = true;
    const { store, until, smtp } = await open({
      beforeReply() {
        if (isBroken) smtp.dropConnections();
      },
    });
    const id = await store();
    expect(await until(id, "deferred")).toMatchObject({ recipients: [{ state: "deferred" }] });
    isBroken = false;
    await until(id, "sent");
    expect(smtp.received).toHaveLength(1);
  });

  test("does not send again what may have arrived, unless the message says so", async () => {
    let drops = 2;
    const { store, until, smtp } = await open({
      server: {
        onData(stream, _session, callback) {
          stream.resume();
          stream.on("end", () => {
            if (drops-- > 0) smtp.dropConnections();
            else callback();
          });
        },
      },
    });
    const kept = await store();
    expect(await until(kept, "unknown")).toMatchObject({
      recipients: [{ state: "unknown" }],
      attempts: 1,
      dueAt: null,
    });
    const again = await store({ onUnknown: "retry" });
    expect(await until(again, "sent")).toMatchObject({ attempts: 2 });
  });

  test("answers an equal request with the message there is", async () => {
    const { ask, until } = await open();
    const headers = { ...ASYNC, "idempotency-key": "order-1" };
    const first = await ask("POST", "/v1/messages", MESSAGE, headers);
    await until(first.body.id, "sent");
    const second = await ask("POST", "/v1/messages", MESSAGE, headers);
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id, state: "sent" } });
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect((await ask("POST", "/v1/messages", { ...MESSAGE, text: "Other" }, headers)).status).toBe(422);
  });

  test("stores a batch, with a result for each message", async () => {
    const { ask, until } = await open();
    const messages = [MESSAGE, { ...MESSAGE, to: "nobody" }, { ...MESSAGE, to: "c@example.com" }];
    const { status, body } = await ask("POST", "/v1/messages/batch", { messages }, ASYNC);
    expect(status).toBe(202);
    expect(body.results[1]).toMatchObject({ index: 1, success: false, problem: { status: 422 } });
    for (const index of [0, 2]) {
      expect(body.results[index]).toMatchObject({ index, state: "queued" });
      await until(body.results[index].id, "sent");
    }
  });
}
