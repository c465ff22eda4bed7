import type { SmtpTimeouts } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { type RawDialogue, type RawScript, startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

/** How long a send may take, and how it is given up. */

const message = { from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello" };
const mail = await buildMime(message);
/** More than the buffers between client and server hold. */
const largeMail = await buildMime({ ...message, text: "0123456789abcde\n".repeat(2 ** 20) });

/** Answers whatever is right up to a command, and then leaves the rest to the test. */
function upTo(command: "greeting" | "EHLO" | "MAIL" | "RCPT" | "DATA" | "message", then: RawScript): RawScript {
  return async (dialogue, index) => {
    const replies = {
      greeting: "220 mail.test",
      EHLO: "250 mail.test",
      MAIL: "250 OK",
      RCPT: "250 OK",
      DATA: "354 Go",
    };
    for (const [step, reply] of Object.entries(replies)) {
      if (step !== "greeting") await dialogue.line();
      if (step === command) return then(dialogue, index);
      dialogue.say(`${reply}\r\n`);
    }
    await dialogue.body();
    await then(dialogue, index);
  };
}

/** One octet now and then: an inactivity timer would never go off. */
async function drip(dialogue: RawDialogue): Promise<void> {
  const timer = setInterval(() => dialogue.say("2"), 20);
  await dialogue.ended();
  clearInterval(timer);
}

describe.each(nodeTransports)("$name", ({ create }) => {
  const sendTo = async (script: RawScript, timeouts: SmtpTimeouts, signal?: AbortSignal, which = mail) => {
    const server = await startRawServer(script);
    const { host, port } = server;
    const transport = create({ host, port, security: "none", timeouts });
    try {
      return await failureOf(transport.send(which, { signal }));
    } finally {
      await transport.close?.();
      await server.close();
    }
  };

  test.each(["greeting", "EHLO", "MAIL", "RCPT", "DATA"] as const)(
    "cuts a reply to %s off that drips in",
    async (step) => {
      const error = await sendTo(upTo(step, drip), { replyMs: 150 });
      expect(error).toMatchObject({
        code: "timeout",
        phase: step === "EHLO" ? "ehlo" : step.toLowerCase(),
        retryable: true,
      });
    },
  );

  test("shows a page of a refusal and not half a megabyte, and keeps the whole reply", async () => {
    const words = "no ".repeat(15_000).trim();
    const reply = `${`550-${words}\r\n`.repeat(9)}550 ${words}\r\n`;
    const error = await sendTo(
      upTo("MAIL", async (dialogue) => dialogue.say(reply)),
      {},
    );
    expect(error).toMatchObject({ code: "sender-rejected", reply: { code: 550 } });
    expect(error.reply?.text.length).toBeGreaterThan(440_000);
    expect(error.message.length).toBeLessThan(1_200);
    expect(error.trace?.join("\n").length).toBeLessThan(12_000);
  });

  test("does not know what became of a message whose reply drips in", async () => {
    const error = await sendTo(upTo("message", drip), { finalMs: 150 });
    expect(error).toMatchObject({ code: "delivery-unknown", phase: "body", retryable: false });
  });

  test("waits longer for the final reply than for the others", async () => {
    const script = upTo("message", async (dialogue) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      dialogue.say("250 Queued at last\r\n");
      await dialogue.ended();
    });
    await using server = await startRawServer(script);
    const { host, port } = server;
    const transport = create({ host, port, security: "none", timeouts: { replyMs: 150, finalMs: 10_000 } });
    expect((await transport.send(mail)).reply?.text).toBe("Queued at last");
    await transport.close?.();
  });

  test("gives up a server that stops reading", async () => {
    const script = upTo("DATA", async (dialogue) => {
      dialogue.pause();
      dialogue.say("354 Go\r\n");
      await dialogue.ended();
    });
    const error = await sendTo(script, { progressMs: 150 }, undefined, largeMail);
    expect(error).toMatchObject({ code: "timeout", phase: "body", retryable: true });
  });

  test("limits the whole send, whatever each step may take", async () => {
    const error = await sendTo(upTo("MAIL", drip), { totalMs: 200 });
    expect(error).toMatchObject({ code: "timeout", phase: "mail", retryable: true });
  });

  test("limits the handshake of a server that does not shake hands", async () => {
    await using server = await startRawServer((dialogue) => dialogue.ended());
    const { host, port } = server;
    const transport = create({ host, port, security: "implicit", timeouts: { connectMs: 150 } });
    expect(await failureOf(transport.send(mail))).toMatchObject({ code: "timeout", retryable: true });
    await transport.close?.();
  });

  test("limits a handshake after STARTTLS too", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("STARTTLS");
      await dialogue.line();
      dialogue.say("220 Go ahead\r\n");
      await dialogue.ended();
    });
    const { host, port } = server;
    const transport = create({ host, port, security: "starttls", timeouts: { connectMs: 150 } });
    expect(await failureOf(transport.send(mail))).toMatchObject({ code: "timeout", phase: "tls", retryable: true });
    await transport.close?.();
  });

  test.each(["EHLO", "MAIL", "RCPT", "DATA"] as const)("stops at once when it is aborted at %s", async (step) => {
    const controller = new AbortController();
    const script = upTo(step, async (dialogue) => {
      controller.abort(new Error("changed my mind"));
      await dialogue.ended();
    });
    const error = await sendTo(script, {}, controller.signal);
    expect(error).toMatchObject({
      code: "aborted",
      phase: step === "EHLO" ? "ehlo" : step.toLowerCase(),
      retryable: false,
    });
  });

  test("does not send the final dot when it is aborted while the message is written", async () => {
    const controller = new AbortController();
    let received: readonly string[] = [];
    const script = upTo("DATA", async (dialogue) => {
      dialogue.say("354 Go\r\n");
      await dialogue.line();
      controller.abort();
      await dialogue.ended();
      received = dialogue.sent.split("\r\n");
    });
    expect(await sendTo(script, {}, controller.signal, largeMail)).toMatchObject({ code: "aborted", phase: "body" });
    expect(received).not.toContain(".");
  });

  test("does not know what became of a message when it is aborted after the final dot", async () => {
    const controller = new AbortController();
    const script = upTo("message", async (dialogue) => {
      controller.abort();
      await dialogue.ended();
    });
    expect(await sendTo(script, {}, controller.signal)).toMatchObject({ code: "delivery-unknown", retryable: false });
  });

  test.each(["aborted", "timeout"] as const)(
    "does not wait for ever for a message that is never made: %s",
    async (code) => {
      await using server = await startSmtpServer({ security: "none" });
      const { host, port } = server;
      const timeouts = code === "timeout" ? { totalMs: 300 } : {};
      const transport = create({ host, port, security: "none", timeouts });
      const controller = new AbortController();
      const bytes = () => {
        if (code === "aborted") controller.abort();
        return new Promise<Uint8Array>(() => {});
      };
      const error = await failureOf(transport.send({ ...mail, bytes }, { signal: controller.signal }));
      expect(error).toMatchObject({ code });
      await transport.close?.();
    },
  );

  test.each(["aborted", "timeout"] as const)(
    "does not wait for ever for a token that never comes: %s",
    async (code) => {
      await using server = await startSmtpServer({ security: "none", allowInsecureAuth: true, users: {} });
      const { host, port } = server;
      const timeouts = code === "timeout" ? { totalMs: 300 } : {};
      const controller = new AbortController();
      const accessToken = () => {
        if (code === "aborted") controller.abort();
        return new Promise<string>(() => {});
      };
      const auth = { username: "ada", accessToken };
      const transport = create({ host, port, security: "none", allowClearText: true, auth, timeouts });
      const error = await failureOf(transport.send(mail, { signal: controller.signal }));
      expect(error).toMatchObject({ code, phase: "auth" });
      await transport.close?.();
    },
  );

  test("fails for a server that is not there", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    const transport = create({ host: server.host, port: server.port, security: "none" });
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({ code: "connect-failed", phase: "connect", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
    await transport.close?.();
  });

  test("tells which stage of a connection fails", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      await dialogue.ended();
    });
    const { host, port } = server;
    const auth = { username: "ada", password: "canary" };
    const transport = create({ host, port, security: "none", allowClearText: true, auth });
    expect(await transport.verify?.()).toMatchObject({
      ok: false,
      stages: [
        { stage: "connect", ok: true },
        { stage: "ehlo", ok: true },
        { stage: "auth", ok: false, error: { code: "auth-unsupported" } },
      ],
    });
    await transport.close?.();
  });
});
