import type { MailErrorCode, MailPhase } from "@edgepost/core";
import { createSmtpTransport } from "@edgepost/core/smtp";
import { type Delivery, socketPair } from "@edgepost/core/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { playScript, readyMail } from "../../support/engine.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A transaction by the server with no extensions, and goodbye. */
const ONE_BY_ONE = `
  C: MAIL FROM:<a@x>
  S: 250 OK
  C: RCPT TO:<b@x>
  S: 250 OK
  C: DATA
  S: 354 go on
  C: <data>
  S: 250 queued
  C: QUIT
  S: 221 bye
`;

const TLS = { security: "starttls" } as const;

describe.each<Delivery>(["whole", "line", "byte"])("opens a session, delivered by the %s", (delivery) => {
  test("with EHLO", async () => {
    const { transport, server } = playScript(
      `S: 220 mail.example ready
       C: EHLO me.example
       S: 250 mail.example
       ${ONE_BY_ONE}`,
      { delivery },
    );
    await transport.send(readyMail());
    await transport.close?.();
    await server.done;
  });

  test("with HELO, where EHLO is unknown", async () => {
    const { transport, server } = playScript(
      `S: 220 mail.example ready
       C: EHLO me.example
       S: 502 what?
       C: HELO me.example
       S: 250 mail.example
       ${ONE_BY_ONE}`,
      { delivery },
    );
    await transport.send(readyMail());
    await transport.close?.();
    await server.done;
  });

  test("with STARTTLS, and believes nothing it heard before", async () => {
    const { transport, server } = playScript(
      `S: 220-mail.example
       S: 220 ready
       C: EHLO me.example
       S: 250-mail.example
       S: 250-PIPELINING
       S: 250-CHUNKING
       S: 250 STARTTLS
       C: STARTTLS
       S: 220 go on
       -- starttls --
       C: EHLO me.example
       S: 250 mail.example
       ${ONE_BY_ONE}`,
      { delivery, connection: TLS },
    );
    await transport.send(readyMail());
    await transport.close?.();
    await server.done;
  });

  test("with AUTH", async () => {
    const { transport, server } = playScript(
      `S: 220 mail.example ready
       C: EHLO me.example
       S: 250-mail.example
       S: 250 AUTH PLAIN
       C: AUTH PLAIN AGFkYQBjYW5hcnk=
       S: 235 welcome
       ${ONE_BY_ONE}`,
      { delivery, connection: { security: "implicit", auth: { username: "ada", password: "canary" } } },
    );
    await transport.send(readyMail());
    await transport.close?.();
    await server.done;
  });
});

test("goes on in clear text where TLS is only used if offered", async () => {
  const { transport, server } = playScript(
    `S: 220 mail.example ready
     C: EHLO me.example
     S: 250 mail.example
     ${ONE_BY_ONE}`,
    { connection: { security: "opportunistic" } },
  );
  await transport.send(readyMail());
  await transport.close?.();
  await server.done;
});

test("goes on in clear text where TLS is offered, only used if offered, and then refused", async () => {
  const { transport, server } = playScript(
    `S: 220 mail.example ready
     C: EHLO me.example
     S: 250-mail.example
     S: 250 STARTTLS
     C: STARTTLS
     S: 454 no certificate today
     ${ONE_BY_ONE}`,
    { connection: { security: "opportunistic" } },
  );
  await transport.send(readyMail());
  await transport.close?.();
  await server.done;
});

test("uses no TLS and no AUTH that nobody asked for", async () => {
  const { transport, server } = playScript(
    `S: 220 mail.example ready
     C: EHLO me.example
     S: 250-mail.example
     S: 250-STARTTLS
     S: 250 AUTH PLAIN LOGIN
     ${ONE_BY_ONE}`,
  );
  await transport.send(readyMail());
  await transport.close?.();
  await server.done;
});

test("asks for the name of the certificate that the connection gives", async () => {
  const { transport, server } = playScript("S: 554 no\n-- ignore --", {
    connection: { security: "implicit", tls: { serverName: "other.example" } },
  });
  await expect(transport.send(readyMail())).rejects.toMatchObject({ code: "greeting-rejected" });
  expect(server.targets).toEqual([
    {
      host: "mail.example",
      port: 465,
      secure: "implicit",
      tls: { serverName: "other.example", rejectUnauthorized: true, minVersion: "TLSv1.2" },
    },
  ]);
});

interface Failure {
  readonly script: string;
  readonly code: MailErrorCode;
  readonly phase: MailPhase;
  readonly retryable: boolean;
  readonly connection?: object;
}

const GREETED = "S: 220 ready\nC: EHLO me.example\n";
const OFFERED = `${GREETED}S: 250-mail.example\nS: 250 STARTTLS\nC: STARTTLS\n`;

const FAILURES: Record<string, Failure> = {
  "a server that closes before its greeting": {
    script: "-- close --",
    code: "connection-lost",
    phase: "greeting",
    retryable: true,
  },
  "a reset before the greeting": { script: "-- reset --", code: "connection-lost", phase: "greeting", retryable: true },
  "a greeting of 421": {
    script: "S: 421 busy\n-- ignore --",
    code: "greeting-rejected",
    phase: "greeting",
    retryable: true,
  },
  "a greeting of 450": {
    script: "S: 450 later\n-- ignore --",
    code: "greeting-rejected",
    phase: "greeting",
    retryable: true,
  },
  "a greeting of 554": {
    script: "S: 554 no\n-- ignore --",
    code: "greeting-rejected",
    phase: "greeting",
    retryable: false,
  },
  "a greeting of 250": {
    script: "S: 250 hello\n-- ignore --",
    code: "protocol-error",
    phase: "greeting",
    retryable: false,
  },
  "an SSH server": {
    script: "S: SSH-2.0-OpenSSH_9.9\n-- ignore --",
    code: "protocol-error",
    phase: "greeting",
    retryable: false,
  },
  "a TLS server": {
    script: "S= \\x15\\x03\\x01\\x00\\x02\\x02\\x46\n-- ignore --",
    code: "protocol-error",
    phase: "greeting",
    retryable: false,
  },
  "a greeting that never ends": {
    script: "-- endless 220-more\\r\\n --",
    code: "protocol-error",
    phase: "greeting",
    retryable: false,
  },
  "a greeting line that never ends": {
    script: "S= 220-\n-- endless x --",
    code: "protocol-error",
    phase: "greeting",
    retryable: false,
  },
  "two greetings": {
    script: "S: 220 ready\nS: 220 really\n-- ignore --",
    code: "protocol-error",
    phase: "greeting",
    retryable: false,
  },
  "a server that closes at EHLO": {
    script: `${GREETED}-- close --`,
    code: "connection-lost",
    phase: "ehlo",
    retryable: true,
  },
  "EHLO answered by 421": {
    script: `${GREETED}S: 421 busy\n-- ignore --`,
    code: "greeting-rejected",
    phase: "ehlo",
    retryable: true,
  },
  "EHLO and HELO refused": {
    script: `${GREETED}S: 550 no\nC: HELO me.example\nS: 550 no\n-- ignore --`,
    code: "greeting-rejected",
    phase: "ehlo",
    retryable: false,
  },
  "EHLO refused where TLS is required": {
    script: `${GREETED}S: 500 what?\nC: QUIT\nS: 221 bye`,
    code: "tls-required",
    phase: "ehlo",
    retryable: false,
    connection: TLS,
  },
  "one reply too many to EHLO": {
    script: `${GREETED}S: 250 mail.example\nS: 250 again\n-- ignore --`,
    code: "protocol-error",
    phase: "ehlo",
    retryable: false,
  },
  "STARTTLS that is not offered": {
    script: `${GREETED}S: 250-mail.example\nS: 250 STARTTLSX\nC: QUIT\nS: 221 bye`,
    code: "tls-required",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "STARTTLS refused for now": {
    script: `${OFFERED}S: 454 later\nC: QUIT\nS: 221 bye`,
    code: "tls-required",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "STARTTLS answered by 421": {
    script: `${OFFERED}S: 421 bye\n-- ignore --`,
    code: "greeting-rejected",
    phase: "tls",
    retryable: true,
    connection: TLS,
  },
  "STARTTLS answered by 250": {
    script: `${OFFERED}S: 250 OK\n-- ignore --`,
    code: "tls-failed",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "STARTTLS answered by noise": {
    script: `${OFFERED}S: what?\n-- ignore --`,
    code: "tls-failed",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "a response injected behind STARTTLS": {
    script: `${OFFERED}S: 220 go on\nS: 250-injected\nS: 250 AUTH PLAIN\n-- ignore --`,
    code: "protocol-error",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "half a line injected behind STARTTLS": {
    script: `${OFFERED}S= 220 go on\\r\\n25\n-- ignore --`,
    code: "protocol-error",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "a server that closes instead of shaking hands": {
    script: `${OFFERED}S: 220 go on\n-- close --`,
    code: "tls-failed",
    phase: "tls",
    retryable: false,
    connection: TLS,
  },
  "credentials in clear text that nobody allowed": {
    script: `${GREETED}S: 250-mail.example\nS: 250 AUTH PLAIN\nC: QUIT\nS: 221 bye`,
    code: "auth-insecure",
    phase: "auth",
    retryable: false,
    connection: { security: "opportunistic", auth: { username: "ada", password: "canary" } },
  },
  "a server without AUTH": {
    script: `${GREETED}S: 250 mail.example\nC: QUIT\nS: 221 bye`,
    code: "auth-unsupported",
    phase: "auth",
    retryable: false,
    connection: { allowClearText: true, auth: { username: "ada", password: "canary" } },
  },
};

test.each(Object.entries(FAILURES))("%s", async (_, { script, code, phase, retryable, connection }) => {
  const { transport, server } = playScript(script, { connection: { ...connection } });
  const error: unknown = await transport.send(readyMail()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, phase, retryable });
  expect(new TextDecoder().decode(server.received)).not.toMatch(/AUTH|MAIL|canary/);
  await transport.close?.();
  await server.done;
});

test.each([
  ["nobody answers", "", "connect", "connectMs"],
  ["no greeting", "-- stall --", "greeting", "replyMs"],
  ["half a greeting", "S= 220 re\n-- stall --", "greeting", "replyMs"],
  ["no reply to EHLO", `${GREETED}-- stall --`, "ehlo", "replyMs"],
  ["no reply to STARTTLS", `${OFFERED}-- stall --`, "tls", "replyMs"],
  ["no handshake", `${OFFERED}S: 220 go on\n-- stall --`, "tls", "connectMs"],
] as const)("gives up in time: %s", async (_, script, phase, limit) => {
  vi.useFakeTimers();
  const { server } = playScript(script, { connection: { security: "starttls" } });
  const connect = script === "" ? () => new Promise<never>(() => {}) : server.connect;
  const timeouts = { connectMs: 50_000, replyMs: 50_000, [limit]: 5_000 };
  const transport = createSmtpTransport(connect, { host: "mail.example", clientName: "me.example", timeouts });
  const outcome = expect(transport.send(readyMail())).rejects.toMatchObject({
    code: "timeout",
    phase,
    retryable: true,
  });
  await vi.advanceTimersByTimeAsync(5_000);
  await outcome;
});

test("gives up on a server that sends an octet now and then", async () => {
  vi.useFakeTimers();
  const [client, server] = socketPair();
  const writer = server.writable.getWriter();
  const octets = new TextEncoder().encode(`220 ${"x".repeat(500)}`).values();
  const drip = setInterval(() => void writer.write(Uint8Array.of(octets.next().value ?? 0)).catch(() => {}), 300);
  const transport = createSmtpTransport(async () => client, {
    host: "mail.example",
    security: "none",
    timeouts: { replyMs: 3_000 },
  });
  const outcome = expect(transport.send(readyMail())).rejects.toMatchObject({ code: "timeout", phase: "greeting" });
  await vi.advanceTimersByTimeAsync(3_000);
  await outcome;
  clearInterval(drip);
});

test("a caller who gives up is let go at once, and the socket is closed", async () => {
  const caller = new AbortController();
  const { transport, server } = playScript(`${GREETED}-- ignore --`);
  const sending = transport.send(readyMail(), { signal: caller.signal });
  await vi.waitUntil(() => server.received.length > 0);
  caller.abort("enough");
  await expect(sending).rejects.toMatchObject({ code: "aborted", phase: "ehlo", retryable: false, cause: "enough" });
  await server.done;
});

test("what a connect throws that is no MailError cannot be reached", async () => {
  const cause = new Error("ECONNREFUSED");
  const transport = createSmtpTransport(() => Promise.reject(cause), { host: "mail.example" });
  await expect(transport.send(readyMail())).rejects.toMatchObject({
    code: "connect-failed",
    phase: "connect",
    retryable: true,
    cause,
  });
});

test("an error tells the last lines of the dialogue", async () => {
  const { transport } = playScript(
    `${GREETED}S: 250-mail.example\nS: 250 SIZE\nC: MAIL FROM:<a@x> SIZE=35\nS: 550 5.7.1 go away\n-- ignore --`,
  );
  await expect(transport.send(readyMail())).rejects.toMatchObject({
    code: "sender-rejected",
    trace: [
      "S: 220 ready",
      "C: EHLO me.example",
      "S: 250-mail.example",
      "S: 250 SIZE",
      "C: MAIL FROM:<a@x> SIZE=35",
      "S: 550 5.7.1 go away",
    ],
  });
});
