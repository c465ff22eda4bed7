import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import type { Given, SendRequest } from "./workers/email-binding-worker.ts";
import type { Outcome } from "./workers/outcome.ts";

const message = {
  from: "Worker <worker@example.com>",
  to: "ada@example.com",
  subject: "Hello",
  text: "By the binding",
};
const to = ["ada@example.com", "bob@example.com", "cat@example.com"];

describe("emailBindingTransport", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker(new URL("./workers/email-binding-worker.ts", import.meta.url), {
      miniflare: { email: { send_email: [{ name: "EMAIL" }] } },
    });
  });
  afterAll(() => worker.close());

  const ask = (request: SendRequest) => worker.ask<{ outcome: Outcome; given: Given[] }>("/", request);

  it("sends through the platform's own binding, once per recipient", async () => {
    const { outcome } = await ask({ message: { ...message, to, bcc: "blind@example.com" } });
    expect(outcome).toMatchObject({
      receipt: { accepted: [...to, "blind@example.com"], rejected: [], transport: "email-binding", downgrades: [] },
    });
  });

  it("gives each recipient its own outcome", async () => {
    const answers = { "bob@example.com": "E_RECIPIENT_SUPPRESSED", "cat@example.com": "E_RATE_LIMIT_EXCEEDED" };
    const { outcome, given } = await ask({ message: { ...message, to }, answers });
    expect(outcome).toMatchObject({
      receipt: {
        accepted: ["ada@example.com"],
        rejected: [
          { address: "bob@example.com", reply: { code: 550, enhancedCode: "5.7.1" }, retryable: false },
          { address: "cat@example.com", reply: { code: 452 }, retryable: true },
        ],
      },
    });
    expect(given).toMatchObject(to.map((address) => ({ from: "worker@example.com", to: address })));
  });

  it.each([
    ["E_SENDER_NOT_VERIFIED", "sender-rejected", false],
    ["E_RECIPIENT_NOT_ALLOWED", "recipients-rejected", false],
    ["E_RATE_LIMIT_EXCEEDED", "rate-limited", true],
    ["E_CONTENT_TOO_LARGE", "message-too-large", false],
    ["E_HEADER_NOT_ALLOWED", "message-rejected", false],
    ["E_INTERNAL_SERVER_ERROR", "message-rejected", true],
  ])("reads %s as %s", async (answer, code, retryable) => {
    const { outcome } = await ask({ message, answers: { "ada@example.com": answer } });
    expect(outcome).toMatchObject({ error: { code, retryable, recipients: ["ada@example.com"] } });
  });

  it("knows nothing of a message when the binding breaks off without a code", async () => {
    const { outcome } = await ask({ message, answers: { "ada@example.com": "Network connection lost" } });
    expect(outcome).toMatchObject({ error: { code: "delivery-unknown", phase: "body", retryable: false } });
  });

  it("does not forget who has the message when it knows nothing of another", async () => {
    const { outcome } = await ask({
      message: { ...message, to },
      answers: { "bob@example.com": "Network connection lost" },
    });
    expect(outcome).toMatchObject({
      receipt: { accepted: ["ada@example.com", "cat@example.com"], rejected: [], unknown: ["bob@example.com"] },
    });
  });

  it("has five calls under way at most, each of which holds the message", async () => {
    const many = Array.from({ length: 23 }, (_, index) => `reader${index}@example.com`);
    const { outcome, given } = await ask({ message: { ...message, to: many }, answers: {} });
    expect(outcome).toMatchObject({ receipt: { accepted: many } });
    expect(Math.max(...given.map(({ atOnce }) => atOnce))).toBe(5);
  });

  it("calls for nobody any more when the caller has given up", async () => {
    const many = Array.from({ length: 7 }, (_, index) => `reader${index}@example.com`);
    const { outcome, given } = await ask({
      message: { ...message, to: many },
      answers: { "reader2@example.com": "never" },
    });
    expect(given).toHaveLength(5);
    expect(outcome).toMatchObject({
      receipt: {
        accepted: ["reader0@example.com", "reader1@example.com", "reader3@example.com", "reader4@example.com"],
        rejected: [
          { address: "reader5@example.com", retryable: true },
          { address: "reader6@example.com", retryable: true },
        ],
        unknown: ["reader2@example.com"],
      },
    });
  });

  it("knows nothing of a message when the caller gives up while the binding has it", async () => {
    const { outcome } = await ask({ message, answers: { "ada@example.com": "never" } });
    expect(outcome).toMatchObject({ error: { code: "delivery-unknown", retryable: false } });
  });

  it("names a delivery notification that was asked for and cannot be", async () => {
    const { outcome } = await ask({ message: { ...message, dsn: { notify: ["success"] } } });
    expect(outcome).toMatchObject({ receipt: { downgrades: ["dsn"] } });
  });

  it.each([
    ["another envelope sender", { message: { ...message, envelope: { from: "bounces@example.com" } } }, "unsupported"],
    ["TLS on every hop", { message: { ...message, requireTls: true } }, "unsupported"],
    ["all or none", { message: { ...message, to }, recipients: "all-or-none" }, "unsupported"],
    ["an address outside ASCII", { message: { ...message, to: "用户@example.com" } }, "smtputf8-unsupported"],
  ] as const)("refuses %s before the binding is called", async (_what, request, code) => {
    const { outcome, given } = await ask({ ...request, answers: {} });
    expect(outcome).toMatchObject({ error: { code, phase: "input" } });
    expect(given).toEqual([]);
  });
});
