import type { MailError, SmtpAuth } from "@edgepost/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type EngineOptions, failureOf, playScript, readyMail } from "../../support/engine.ts";

afterEach(() => {
  vi.useRealTimers();
});

const ADA: SmtpAuth = { username: "ada", password: "canary!!" };

const base64 = (text: string) => btoa(text);

/** A server that offers these mechanisms, and what is said from AUTH on. */
function play(offered: string, dialogue: string, auth: SmtpAuth = ADA, options: EngineOptions = {}) {
  const opening = `S: 220 ready\nC: EHLO me.example\nS: 250-mail.example\nS: 250 AUTH ${offered}\n`;
  return playScript(opening + dialogue, {
    ...options,
    connection: { security: "implicit", auth, ...options.connection },
  });
}

/** Where a test is only about AUTH, MAIL is refused. */
const WELCOME = "C: MAIL FROM:<a@x>\nS: 550 that was all\n-- ignore --";

test("gives the initial response with the command", async () => {
  const { transport } = play("PLAIN", `C: AUTH PLAIN ${base64("\0ada\0canary!!")}\nS: 235 2.7.0 welcome\n${WELCOME}`);
  expect((await failureOf(transport.send(readyMail()))).code).toBe("sender-rejected");
});

test("waits for the challenge with a response that does not fit the command", async () => {
  const password = "canary".repeat(70);
  const { transport } = play(
    "PLAIN",
    `C: AUTH PLAIN\nS: 334 \nC: ${base64(`\0ada\0${password}`)}\nS: 235 welcome\n${WELCOME}`,
    { username: "ada", password },
  );
  expect((await failureOf(transport.send(readyMail()))).code).toBe("sender-rejected");
});

test("answers challenge by challenge", async () => {
  const { transport } = play(
    "LOGIN",
    `C: AUTH LOGIN
     S: 334 ${base64("Username:")}
     C: ${base64("ada")}
     S: 334 ${base64("Password:")}
     C: ${base64("canary!!")}
     S: 235 welcome
     ${WELCOME}`,
  );
  expect((await failureOf(transport.send(readyMail()))).code).toBe("sender-rejected");
});

test.each([
  ["535 5.7.8 no such user or password", false],
  ["454 4.7.0 try later", true],
  ["538 encryption required", false],
])("a refusal is the end of it: %s", async (refusal, retryable) => {
  const { transport, server } = play(
    "PLAIN LOGIN",
    `C: AUTH PLAIN ${base64("\0ada\0canary!!")}\nS: ${refusal}\nC: QUIT\nS: 221 bye`,
    ADA,
  );
  const error = await failureOf(transport.send(readyMail()));
  expect(error).toMatchObject({
    code: "auth-failed",
    phase: "auth",
    retryable,
    reply: { code: Number(refusal.slice(0, 3)) },
  });
  await server.done;
});

test("a server that closes down says nothing about the credentials", async () => {
  const { transport } = play("PLAIN", `C: AUTH PLAIN ${base64("\0ada\0canary!!")}\nS: 421 bye\n-- ignore --`);
  expect(await failureOf(transport.send(readyMail()))).toMatchObject({
    code: "greeting-rejected",
    phase: "auth",
    retryable: true,
  });
});

test("tries the next mechanism when the server refuses the mechanism, each once", async () => {
  const plain = base64("\0ada\0canary!!");
  const { transport, server } = play(
    "PLAIN LOGIN",
    `C: AUTH PLAIN ${plain}\nS: 504 not really\nC: AUTH LOGIN\nS: 504 nor this\nC: QUIT\nS: 221 bye`,
  );
  expect(await failureOf(transport.send(readyMail()))).toMatchObject({
    code: "auth-failed",
    reply: { code: 504, text: "nor this" },
  });
  await server.done;
});

describe("a token", () => {
  const bearer = (token: string) => base64(`user=ada\x01auth=Bearer ${token}\x01\x01`);

  test("is asked for again, once, when the server refuses it", async () => {
    const accessToken = vi.fn().mockResolvedValueOnce("stale-canary").mockResolvedValueOnce("fresh-canary");
    const { transport } = play(
      "XOAUTH2",
      `C: AUTH XOAUTH2 ${bearer("stale-canary")}
       S: 334 ${base64('{"status":"401"}')}
       C:
       S: 535 5.7.8 expired
       C: AUTH XOAUTH2 ${bearer("fresh-canary")}
       S: 235 welcome
       ${WELCOME}`,
      { username: "ada", accessToken },
    );
    expect((await failureOf(transport.send(readyMail()))).code).toBe("sender-rejected");
    expect(accessToken).toHaveBeenCalledTimes(2);
  });

  test("that is refused twice is refused", async () => {
    const refused = (token: string) => `C: AUTH XOAUTH2 ${bearer(token)}\nS: 535 no\n`;
    const { transport } = play("XOAUTH2", `${refused("canary-1")}${refused("canary-2")}C: QUIT\nS: 221 bye`, {
      username: "ada",
      accessToken: vi.fn().mockReturnValueOnce("canary-1").mockReturnValueOnce("canary-2"),
    });
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "auth-failed", retryable: false });
  });

  test("that is a string has nothing newer to offer", async () => {
    const { transport } = play("XOAUTH2", `C: AUTH XOAUTH2 ${bearer("canary-token")}\nS: 535 no\nC: QUIT\nS: 221 bye`, {
      username: "ada",
      accessToken: "canary-token",
    });
    expect((await failureOf(transport.send(readyMail()))).code).toBe("auth-failed");
  });

  test("that never comes is not waited for longer than a reply", async () => {
    vi.useFakeTimers();
    const { transport } = play(
      "XOAUTH2",
      "-- ignore --",
      { username: "ada", accessToken: () => new Promise(() => {}) },
      {
        connection: { timeouts: { replyMs: 2_000 } },
      },
    );
    const failure = failureOf(transport.send(readyMail()));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await failure).toMatchObject({ code: "timeout", phase: "auth" });
  });

  test("whose function fails is a failed authentication", async () => {
    const { transport } = play("XOAUTH2", "C: QUIT\nS: 221 bye", {
      username: "ada",
      accessToken: () => Promise.reject(new Error("no network")),
    });
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "auth-failed", phase: "auth" });
  });
});

describe("a server out of its mind", () => {
  test.each([
    ["a challenge that is not base64", "S: 334 ???\n-- ignore --", "protocol-error"],
    ["an answer that is none", "S: 250 OK\n-- ignore --", "protocol-error"],
    ["noise", "S: welcome\n-- ignore --", "protocol-error"],
    ["a closed connection", "-- close --", "connection-lost"],
  ])("%s", async (_, reaction, code) => {
    const { transport } = play("LOGIN", `C: AUTH LOGIN\n${reaction}`);
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code, phase: "auth" });
  });

  test("is told that the dialogue is over when it asks for too much", async () => {
    const { transport, server } = play(
      "LOGIN",
      `C: AUTH LOGIN
       S: 334 ${base64("Username:")}
       C: ${base64("ada")}
       S: 334 ${base64("Password:")}
       C: ${base64("canary!!")}
       S: 334 ${base64("Mother's maiden name:")}
       C: *
       -- ignore --`,
    );
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "protocol-error", phase: "auth" });
    await server.done;
  });

  test("is not answered without end", async () => {
    const { transport } = play(
      "LOGIN",
      `C: AUTH LOGIN\nS: 334 ${base64("Username:")}\nC: ${base64("ada")}\nS: 334 ${base64("x")}\n-- ignore --`,
      ADA,
      {
        transport: { limits: { challenges: 1 } },
      },
    );
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({ code: "protocol-error", phase: "auth" });
  });

  test("is not believed when it lets in without proof of its own (SCRAM)", async () => {
    const { transport, server } = play(
      "SCRAM-SHA-256 PLAIN",
      `C: AUTH SCRAM-SHA-256 ${base64("n,,n=ada,r=AAAAAAAAAAAAAAAAAAAAAAAA")}\nS: 235 welcome\nC: QUIT\nS: 221 bye`,
      ADA,
      { transport: { random: (count) => new Uint8Array(count) } },
    );
    expect(await failureOf(transport.send(readyMail()))).toMatchObject({
      code: "auth-failed",
      phase: "auth",
      retryable: false,
    });
    await server.done;
  });
});

describe("no secret", () => {
  const told = (error: MailError, lines: readonly string[]) =>
    JSON.stringify([error.message, error.reply, error.trace, lines, String(error.cause)]);

  test.each([
    ["PLAIN", `C: AUTH PLAIN ${base64("\0ada\0canary!!")}\n`],
    [
      "LOGIN",
      `C: AUTH LOGIN\nS: 334 ${base64("Username:")}\nC: ${base64("ada")}\nS: 334 ${base64("Password:")}\nC: ${base64("canary!!")}\n`,
    ],
  ])("is told by trace and error, not even when the server repeats it (%s)", async (method, dialogue) => {
    for (const echo of [
      `535 bad: ${base64("\0ada\0canary!!")} ${base64("canary!!")}`,
      "500 ada, canary!!?",
      "421 canary!!",
    ]) {
      const lines: string[] = [];
      const { transport } = play(method, `${dialogue}S: ${echo}\n-- ignore --`, ADA, {
        transport: { trace: (line) => lines.push(line) },
      });
      const error = await failureOf(transport.send(readyMail()));
      const everything = told(error, lines);
      expect(everything).toContain(`AUTH ${method}`);
      for (const secret of ["canary", base64("canary!!"), base64("\0ada\0canary!!")])
        expect(everything).not.toContain(secret);
    }
  });

  test("of a challenge is told", async () => {
    const lines: string[] = [];
    const challenge = base64("r=AAAAAAAAAAAAAAAAAAAAAAAAserver,s=QSXCR+Q6sek8bf92,i=4096");
    const { transport } = play(
      "SCRAM-SHA-256",
      `C: AUTH SCRAM-SHA-256 ${base64("n,,n=ada,r=AAAAAAAAAAAAAAAAAAAAAAAA")}\nS: 334 ${challenge}\n-- interrupt --\nS: 535 no\n-- ignore --`,
      ADA,
      { transport: { trace: (line) => lines.push(line), random: (count) => new Uint8Array(count) } },
    );
    const error = await failureOf(transport.send(readyMail()));
    expect(told(error, lines)).not.toContain(challenge);
    expect(lines).toContain("S: 334 ****");
  });
});
