import { expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { House } from "./house.ts";

type Outcome = readonly [connection: string, message: object, status: number, code: string, facts: object];

const OUTCOMES: readonly Outcome[] = [
  ["main", { from: "stranger@example.com" }, 424, "sender-rejected", { phase: "mail", retryable: false }],
  ["main", { to: "nobody@example.com" }, 424, "recipients-rejected", { phase: "rcpt", retryable: false }],
  ["main", { to: "later@example.com" }, 503, "recipients-rejected", { phase: "rcpt", retryable: true }],
  ["spam", {}, 424, "message-rejected", { phase: "body", retryable: false, reply: { code: 554 } }],
  ["greylisted", {}, 503, "message-rejected", { phase: "body", retryable: true, reply: { code: 451 } }],
  ["without-utf8", { to: "zoë@example.com" }, 424, "smtputf8-unsupported", { retryable: false }],
  ["small-messages", { text: "x".repeat(5000) }, 413, "message-too-large", { phase: "mail" }],
  ["closed-port", {}, 502, "connect-failed", { phase: "connect", retryable: true }],
  ["shut-down", {}, 502, "greeting-rejected", { phase: "greeting", reply: { code: 554 } }],
  ["busy", {}, 503, "greeting-rejected", { phase: "greeting", retryable: true }],
  ["a-web-server", {}, 502, "protocol-error", { phase: "greeting" }],
  ["hangs-up", {}, 502, "connection-lost", { retryable: true }],
  ["silent", {}, 504, "timeout", { phase: "greeting", retryable: true }],
  ["without-tls", {}, 502, "tls-required", { retryable: false }],
  ["wrong-certificate", {}, 502, "tls-failed", { retryable: false }],
  ["wrong-password", {}, 502, "auth-failed", { phase: "auth", reply: { code: 535 } }],
  ["other-login", {}, 502, "auth-unsupported", { phase: "auth" }],
  ["hangs-up-after-the-message", {}, 504, "delivery-unknown", { phase: "body", retryable: false }],
];

/** What mail servers do, as HTTP says it, and as the log remembers it. */
export function outcomeSuite(house: House): void {
  test.each(OUTCOMES)(
    "a message by the connection %s, with %j, is a %d %s",
    async (connection, change, status, code, facts) => {
      const message = { ...MESSAGE, ...change, connection, subject: `by ${connection} ${code} ${status}` };
      const answer = await house.entry.request("POST", "/v1/messages", message);
      expect(answer).toMatchObject({ status, body: { status, code, ...facts } });
      expect(answer.headers.get("content-type")).toBe("application/problem+json");

      const log = await house.entry.request("GET", `/v1/messages?connection=${connection}&limit=100`);
      const row = log.body.messages.find(({ subject }: { subject: string }) => subject === message.subject);
      expect(row).toMatchObject({ state: code === "delivery-unknown" ? "unknown" : "failed", error: { code } });
      expect(JSON.stringify([answer.body, row])).not.toContain("sesame");
    },
  );

  test.each([
    ["closed-port", "connect", "connect-failed"],
    // A greeting belongs to `connect` where the engine speaks, to `ehlo` where nodemailer does.
    ["silent", expect.stringMatching(/^(connect|ehlo)$/), "timeout"],
    ["a-web-server", expect.stringMatching(/^(connect|ehlo)$/), "protocol-error"],
    ["without-tls", "tls", "tls-required"],
    ["wrong-certificate", "tls", "tls-failed"],
    ["wrong-password", "auth", "auth-failed"],
    ["other-login", "auth", "auth-unsupported"],
    ["main", "auth", undefined],
  ])("the test of the connection %s ends in its stage %s with %s", async (connection, stage, code) => {
    const { status, body } = await house.entry.request("POST", `/v1/connections/${connection}/verify`);
    expect(status).toBe(200);
    expect(body.ok).toBe(code === undefined);
    expect(body.stages[0]).toMatchObject({ stage: "resolve", ok: true });
    expect(body.stages.at(-1)).toMatchObject({ stage, ok: code === undefined });
    expect(body.stages.at(-1).problem?.code).toBe(code);
    expect(body.stages.slice(0, -1).every(({ ok }: { ok: boolean }) => ok)).toBe(true);
    expect(JSON.stringify(body)).not.toContain("sesame");
  });
}
