import { MailError } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";
import { describe, expect, test } from "vitest";
import { type EngineOptions, playScript } from "../../support/engine.ts";

const GREETED = "S: 220 ready\nC: EHLO me.example\n";
const SECURED = `${GREETED}S: 250-mail.example\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go on\n-- starttls --\nC: EHLO me.example\n`;
const GOODBYE = "C: QUIT\nS: 221 bye\n";
const CREDENTIALS = { security: "starttls", auth: { username: "ada", password: "canary" } } as const;
const AUTH = "C: AUTH PLAIN AGFkYQBjYW5hcnk=\n";

async function verify(script: string, connection: EngineOptions["connection"] = {}) {
  const { transport, server } = playScript(script, { connection });
  const verification = await transport.verify?.();
  await server.done;
  return {
    ...verification,
    stages: verification?.stages.map(({ stage, ok }) => [stage, ok]),
    error: verification?.stages.at(-1)?.error,
  };
}

describe("a connection that works", () => {
  test("passes every stage it has", async () => {
    const outcome = await verify(
      `${SECURED}S: 250-mail.example\nS: 250-SIZE 1000\nS: 250 AUTH PLAIN\n${AUTH}S: 235 welcome\n${GOODBYE}`,
      CREDENTIALS,
    );
    expect(outcome).toMatchObject({
      ok: true,
      stages: [
        ["connect", true],
        ["tls", true],
        ["ehlo", true],
        ["auth", true],
      ],
      capabilities: { SIZE: "1000", AUTH: "PLAIN" },
    });
  });

  test("in clear text has no stage for TLS, without credentials none for AUTH", async () => {
    const outcome = await verify(`${GREETED}S: 250 mail.example\n${GOODBYE}`);
    expect(outcome).toMatchObject({
      ok: true,
      stages: [
        ["connect", true],
        ["ehlo", true],
      ],
      capabilities: {},
    });
  });

  test("with TLS from the start tells of TLS too", async () => {
    const outcome = await verify(`${GREETED}S: 250 mail.example\n${GOODBYE}`, { security: "implicit" });
    expect(outcome.stages).toEqual([
      ["connect", true],
      ["tls", true],
      ["ehlo", true],
    ]);
  });
});

describe("a connection that does not work is told up to the stage that failed", () => {
  test.each([
    ["the greeting", "S: 554 no\n-- ignore --", {}, [["connect", false]], "greeting-rejected"],
    [
      "EHLO",
      `${GREETED}S: 550 no\nC: HELO me.example\nS: 550 no\n-- ignore --`,
      {},
      [
        ["connect", true],
        ["ehlo", false],
      ],
      "greeting-rejected",
    ],
    [
      "EHLO under TLS from the start",
      `${GREETED}-- close --`,
      { security: "implicit" },
      [
        ["connect", true],
        ["tls", true],
        ["ehlo", false],
      ],
      "connection-lost",
    ],
    [
      "STARTTLS",
      `${GREETED}S: 250 mail.example\n${GOODBYE}`,
      { security: "starttls" },
      [
        ["connect", true],
        ["tls", false],
      ],
      "tls-required",
    ],
    [
      "EHLO under STARTTLS",
      `${SECURED}-- close --`,
      { security: "starttls" },
      [
        ["connect", true],
        ["tls", true],
        ["ehlo", false],
      ],
      "connection-lost",
    ],
    [
      "AUTH",
      `${SECURED}S: 250-mail.example\nS: 250 AUTH PLAIN\n${AUTH}S: 535 no\n${GOODBYE}`,
      CREDENTIALS,
      [
        ["connect", true],
        ["tls", true],
        ["ehlo", true],
        ["auth", false],
      ],
      "auth-failed",
    ],
  ] as const)("%s", async (_, script, connection, stages, code) => {
    const outcome = await verify(script, connection);
    expect(outcome).toMatchObject({ ok: false, stages, error: { code } });
  });

  test("the handshake of TLS from the start", async () => {
    const failed = new MailError("tls-failed", "self-signed", { phase: "tls" });
    const transport = createSmtpTransport(() => Promise.reject(failed), "smtps://mail.example");
    const verification = await transport.verify?.();
    expect(verification?.ok).toBe(false);
    expect(verification?.stages.map(({ stage, ok }) => [stage, ok])).toEqual([
      ["connect", true],
      ["tls", false],
    ]);
    expect(verification?.stages.at(-1)?.error).toBe(failed);
  });

  test("a caller who gives up", async () => {
    const transport = createSmtpTransport(() => new Promise(() => {}), "smtp://mail.example");
    const verification = await transport.verify?.({ signal: AbortSignal.abort() });
    expect(verification?.stages).toMatchObject([{ stage: "connect", ok: false, error: { code: "aborted" } }]);
  });
});
