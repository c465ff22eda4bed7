import { setImmediate as nextTurn } from "node:timers/promises";
import type { MailError, OutgoingMail, SmtpConnection, Transport } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { type RawDialogue, startRawServer } from "../support/raw-server.ts";

/**
 * The fault matrix over real TCP: every step of a session × everything a server can do wrong there. What each cell must
 * come to stands in the table below, not in the code under test.
 */

type Step = "greeting" | "EHLO" | "AUTH" | "MAIL" | "RCPT" | "DATA" | "body" | "final";

/** What is waited for in vain is not waited for long. */
const SHORT = { replyMs: 200, progressMs: 200, finalMs: 200 };

const mail = await buildMime({ from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello\n" });
/**
 * A message that does not end: however much the buffers between client and server hold, its last octet is never written.
 */
function endlessMail(): Promise<OutgoingMail> {
  const line = new TextEncoder().encode("0123456789abcdef".repeat(1_024));
  const content = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await nextTurn();
      controller.enqueue(line);
    },
  });
  return buildMime({ from: "ada@example.com", to: "grace@example.com", attachments: [{ content }] });
}

/** Everything goes well up to this step; there the fault happens. */
async function misbehaveAt(step: Step, fault: Fault, create: Create, pipelining: boolean, isSilent: boolean) {
  await using server = await startRawServer(async (dialogue, index) => {
    // Only the first connection: a transport that opens another must not meet the same again.
    if (index > 0) return dialogue.ended();
    const hear = async (expected: Step, reply: string) => {
      if (expected === step) {
        await fault(dialogue, step === "MAIL" && pipelining ? 2 : 0);
        for (;;) if (/^(?:RSET|QUIT)$/.test(await dialogue.line())) dialogue.say("221 2.0.0 OK\r\n");
      }
      dialogue.say(reply);
    };
    await hear("greeting", "220 mail.test\r\n");
    await dialogue.line();
    await hear("EHLO", `250-mail.test\r\n${pipelining ? "250-PIPELINING\r\n" : ""}250 AUTH PLAIN\r\n`);
    await dialogue.line();
    await hear("AUTH", "235 2.7.0 Welcome\r\n");
    await dialogue.line();
    await hear("MAIL", "250 2.1.0 OK\r\n");
    await dialogue.line();
    await hear("RCPT", "250 2.1.5 OK\r\n");
    await dialogue.line();
    await hear("DATA", "354 Go ahead\r\n");
    if (step === "body") {
      await dialogue.line();
      await hear("body", "");
    }
    await dialogue.body();
    await hear("final", "250 2.0.0 Queued\r\n");
    await dialogue.ended();
  });
  if (step !== "greeting" && step !== "EHLO") allowSecretInClear();
  const { host, port } = server;
  const transport = create({
    host,
    port,
    security: "none",
    allowClearText: true,
    auth: { username: "ada", password: "canary" },
    ...(isSilent && { timeouts: SHORT }),
  });
  try {
    return { error: await failureOf(transport.send(step === "body" ? await endlessMail() : mail)), server };
  } finally {
    await transport.close?.();
  }
}

/** What a server does wrong. `more` is how many commands came along with the one it answers. */
type Fault = (server: RawDialogue, more: number) => Promise<void> | void;
type Create = (connection: SmtpConnection) => Transport;
type Expected = Partial<Pick<MailError, "code" | "phase" | "retryable">>;

const lost = (phase: MailError["phase"]): Expected => ({ code: "connection-lost", phase, retryable: true });
/** A reset throws away what the server said before: how far the client had come is a matter of luck. */
const reset: Expected = { code: "connection-lost", retryable: true };
const silent = (phase: MailError["phase"]): Expected => ({ code: "timeout", phase, retryable: true });
const broken = (phase: MailError["phase"]): Expected => ({ code: "protocol-error", phase, retryable: false });
const unknown: Expected = { code: "delivery-unknown", phase: "body", retryable: false };
const later = (code: MailError["code"], phase: MailError["phase"]): Expected => ({ code, phase, retryable: true });
const never = (code: MailError["code"], phase: MailError["phase"]): Expected => ({ code, phase, retryable: false });

const FAULTS: Readonly<Record<string, Fault>> = {
  close: (server) => server.end(),
  reset: (server) => server.reset(),
  stall: () => {},
  "one octet of a reply": (server) => server.say("2"),
  "421": (server) => server.say("421 4.3.2 Closing\r\n"),
  "4yz": (server, more) => server.say(`451 4.3.0 Later\r\n${"503 5.5.1 No MAIL\r\n".repeat(more)}`),
  "5yz": (server, more) => server.say(`554 5.7.1 Never\r\n${"503 5.5.1 No MAIL\r\n".repeat(more)}`),
  garbage: (server) => server.say("HTTP/1.1 400 Bad Request\r\n"),
  "a wrong class": (server) => server.say("199 What\r\n"),
  "endless lines": async (server) => {
    const lines = "250-more\r\n".repeat(10_000);
    for (let kilobytes = 0; kilobytes < 2_000; kilobytes += 100) server.say(lines);
  },
  "an endless line": (server) => server.say(`250 ${"a".repeat(2_000_000)}`),
};

const MATRIX: Readonly<Record<Step, Readonly<Record<string, Expected>>>> = {
  greeting: {
    close: lost("greeting"),
    stall: silent("greeting"),
    "one octet of a reply": silent("greeting"),
    "421": later("greeting-rejected", "greeting"),
    "4yz": later("greeting-rejected", "greeting"),
    "5yz": never("greeting-rejected", "greeting"),
    garbage: broken("greeting"),
    "a wrong class": broken("greeting"),
    "endless lines": broken("greeting"),
    "an endless line": broken("greeting"),
  },
  EHLO: {
    close: lost("ehlo"),
    reset,
    stall: silent("ehlo"),
    "one octet of a reply": silent("ehlo"),
    "421": later("greeting-rejected", "ehlo"),
    garbage: broken("ehlo"),
    "a wrong class": broken("ehlo"),
    "endless lines": broken("ehlo"),
    "an endless line": broken("ehlo"),
  },
  AUTH: {
    close: lost("auth"),
    reset,
    stall: silent("auth"),
    "one octet of a reply": silent("auth"),
    "4yz": later("auth-failed", "auth"),
    "5yz": never("auth-failed", "auth"),
    garbage: broken("auth"),
    "a wrong class": broken("auth"),
    "endless lines": broken("auth"),
    "an endless line": broken("auth"),
  },
  MAIL: {
    close: lost("mail"),
    reset,
    stall: silent("mail"),
    "one octet of a reply": silent("mail"),
    "421": later("sender-rejected", "mail"),
    "4yz": later("sender-rejected", "mail"),
    "5yz": never("sender-rejected", "mail"),
    garbage: broken("mail"),
    "a wrong class": broken("mail"),
    "endless lines": broken("mail"),
    "an endless line": broken("mail"),
  },
  RCPT: {
    close: lost("rcpt"),
    reset,
    stall: silent("rcpt"),
    "one octet of a reply": silent("rcpt"),
    garbage: broken("rcpt"),
    "a wrong class": broken("rcpt"),
    "endless lines": broken("rcpt"),
    "an endless line": broken("rcpt"),
  },
  DATA: {
    close: lost("data"),
    reset,
    stall: silent("data"),
    "one octet of a reply": silent("data"),
    "421": later("message-rejected", "data"),
    "4yz": later("message-rejected", "data"),
    "5yz": never("message-rejected", "data"),
    garbage: broken("data"),
    "a wrong class": broken("data"),
    "endless lines": broken("data"),
    "an endless line": broken("data"),
  },
  body: {
    close: lost("body"),
    reset,
    "421": later("message-rejected", "body"),
    "4yz": later("message-rejected", "body"),
    "5yz": never("message-rejected", "body"),
    garbage: broken("body"),
    "a wrong class": broken("body"),
  },
  final: {
    close: unknown,
    reset: unknown,
    stall: unknown,
    "one octet of a reply": unknown,
    "421": later("message-rejected", "body"),
    "4yz": later("message-rejected", "body"),
    "5yz": never("message-rejected", "body"),
    garbage: unknown,
    "a wrong class": unknown,
    "endless lines": unknown,
    "an endless line": unknown,
  },
};

describe.each(nodeTransports)("$name", ({ create }) => {
  describe.each([
    ["with pipelining", true],
    ["command by command", false],
  ])("%s", (_how, pipelining) => {
    for (const [step, row] of Object.entries(MATRIX) as [Step, Readonly<Record<string, Expected>>][]) {
      test.each(Object.entries(row))(`at ${step}: %s`, async (fault, expected) => {
        const misbehave = FAULTS[fault] ?? expect.unreachable(fault);
        const { error } = await misbehaveAt(step, misbehave, create, pipelining, /stall|octet/.test(fault));
        expect(error).toMatchObject(expected);
      });
    }
  });
});
