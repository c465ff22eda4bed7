import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { startCue } from "../support/cue.ts";
import { type RawDialogue, startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import type { SendRequest } from "./workers/mail-worker.ts";
import type { Outcome } from "./workers/outcome.ts";

// The real worker-mailer 1.2.1, and what it would do wrong by itself.

const message = { from: "Åsa <worker@example.com>", to: "ada@example.com", subject: "Grüße", text: "Hello\n.\n..dots" };

describe("workerMailerTransport", () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker(new URL("./workers/mail-worker.ts", import.meta.url));
  });
  afterAll(() => worker.close());

  const sendAll = (connection: SendRequest["connection"], more: Partial<SendRequest> = {}): Promise<Outcome[]> =>
    worker.ask<Outcome[]>("/", {
      transport: "worker-mailer",
      connection,
      messages: [message],
      ...more,
    } satisfies SendRequest);
  const send = async (connection: SendRequest["connection"], more: Partial<SendRequest> = {}): Promise<Outcome> => {
    const [outcome] = await sendAll(connection, more);
    return outcome ?? expect.unreachable("no outcome");
  };

  it("sends over STARTTLS with credentials outside ASCII", async () => {
    await using server = await startSmtpServer({ users: { åsa: "canäry-canary 密" } });
    const auth = { username: "åsa", password: "canäry-canary 密" };
    expect(await send({ host: "localhost", port: server.port, auth })).toMatchObject({
      receipt: { accepted: ["ada@example.com"], transport: "worker-mailer", reply: { code: 250 }, downgrades: [] },
    });
    expect(server.received[0]).toMatchObject({ secure: true, username: "åsa" });
  });

  it("sends over implicit TLS, by LOGIN", async () => {
    await using server = await startSmtpServer({
      security: "implicit",
      users: { ada: "canary" },
      authMethods: ["LOGIN"],
    });
    const auth = { username: "ada", password: "canary" };
    expect(await send({ host: "localhost", port: server.port, security: "implicit", auth })).toHaveProperty("receipt");
  });

  it("brings what was written", async () => {
    await using server = await startSmtpServer();
    const pixel = Array.from({ length: 5000 }, (_, index) => String.fromCharCode(index % 128)).join("");
    const written = {
      ...message,
      to: ["Ada Lovelace <ada@example.com>", { name: "Grace, the “Admiral”", address: "grace@example.com" }],
      cc: "cat@example.com",
      replyTo: "reply@example.com",
      html: "<p>Grüße 👍</p>",
      headers: { "X-Tag": ["one", "two"], "X-Long": "word ".repeat(100).trim() },
      attachments: [
        { filename: "plain.txt", content: pixel, contentType: "application/octet-stream" },
        { filename: 'naïve "quoted" 漢字.pdf', content: "%PDF" },
      ],
    };
    const outcome = await send({ host: "localhost", port: server.port }, { messages: [written] });
    const [received] = server.received;
    expect(outcome).toMatchObject({ receipt: { size: received?.raw.length } });
    expect(received?.text.split("\r\n").every((line) => line.length <= 998)).toBe(true);
    const mail = await PostalMime.parse(received?.raw ?? "");
    expect(mail).toMatchObject({
      subject: "Grüße",
      from: { name: "Åsa", address: "worker@example.com" },
      to: [{ name: "Ada Lovelace" }, { name: "Grace, the “Admiral”", address: "grace@example.com" }],
      cc: [{ address: "cat@example.com" }],
      replyTo: [{ address: "reply@example.com" }],
      text: expect.stringMatching(/^Hello\n\.\n\.\.dots\n+$/),
    });
    expect(mail.html).toContain("<p>Grüße 👍</p>");
    expect(mail.headers.filter(({ key }) => key === "x-tag").map(({ value }) => value)).toEqual(["one", "two"]);
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(["plain.txt", 'naïve "quoted" 漢字.pdf']);
    expect(Buffer.from(mail.attachments[0]?.content as ArrayBuffer).toString("latin1")).toBe(pixel);
  });

  it("writes blind copies into the envelope alone, also where nobody else is named", async () => {
    await using server = await startSmtpServer();
    const connection = { host: "localhost", port: server.port, pool: { maxConnections: 1 } };
    await sendAll(connection, {
      messages: [
        { ...message, bcc: ["blind@example.com"] },
        { ...message, to: [], bcc: ["blind@example.com"] },
      ],
    });
    expect(server.received.map(({ envelope }) => envelope.to)).toEqual([
      ["ada@example.com", "blind@example.com"],
      ["blind@example.com"],
    ]);
    for (const { text } of server.received) expect(text).not.toContain("blind");
  });

  it("does not turn bounces off, and asks for them as it was told", async () => {
    await using server = await startSmtpServer();
    const connection = { host: "localhost", port: server.port, pool: { maxConnections: 1 } };
    const outcomes = await sendAll(connection, {
      messages: [message, { ...message, dsn: { notify: ["success"], return: "headers", envelopeId: "a=b" } }],
    });
    const [silent, asked] = server.received;
    expect(silent).toMatchObject({ mailParameters: {}, recipientParameters: [{}] });
    expect(asked?.mailParameters).toMatchObject({ RET: "HDRS", ENVID: "a=b" });
    expect(asked?.recipientParameters).toEqual([{ NOTIFY: "SUCCESS" }]);
    expect(outcomes).toMatchObject([{ receipt: { downgrades: [] } }, { receipt: { downgrades: ["orcpt"] } }]);
  });

  it("gives each recipient its own outcome", async () => {
    await using server = await startSmtpServer({ refuseRecipient: { "bob@example.com": { code: 450 } } });
    const connection = { host: "localhost", port: server.port };
    const messages = [{ ...message, to: ["ada@example.com", "bob@example.com", "cat@example.com"] }];
    expect(await send(connection, { messages })).toMatchObject({
      receipt: {
        accepted: ["ada@example.com", "cat@example.com"],
        rejected: [{ address: "bob@example.com", reply: { code: 450 }, retryable: true }],
      },
    });
    expect(await send(connection, { messages, recipients: "all-or-none" })).toMatchObject({
      error: { code: "recipients-rejected", recipients: ["bob@example.com"], retryable: true },
    });
    expect(server.received).toHaveLength(1);
  });

  it("keeps its session after a refusal", async () => {
    await using server = await startSmtpServer({ refuseSender: { "nobody@example.com": { code: 550 } } });
    const connection = { host: "localhost", port: server.port, pool: { maxConnections: 1 } };
    const outcomes = await sendAll(connection, {
      messages: [message, { ...message, from: "nobody@example.com" }, message],
    });
    expect(outcomes).toMatchObject([
      { receipt: {} },
      { error: { code: "sender-rejected", phase: "mail", reply: 550 } },
      { receipt: {} },
    ]);
    expect(server.connections).toBe(1);
  });

  it("sends nothing secret where STARTTLS was asked for and is not offered", async () => {
    await using server = await startSmtpServer({ security: "none", users: { ada: "canary" }, allowInsecureAuth: true });
    const auth = { username: "ada", password: "canary" };
    const { port } = server;
    expect(await send({ host: "localhost", port, auth })).toMatchObject({
      error: { code: "tls-required", phase: "tls" },
    });
    expect(await send({ host: "localhost", port, auth, security: "opportunistic" })).toMatchObject({
      error: { code: "auth-insecure", phase: "auth" },
    });
    expect(server.logins).toEqual([]);
    allowSecretInClear();
    const allowed = { host: "localhost", port, auth, security: "none", allowClearText: true } as const;
    expect(await send(allowed)).toHaveProperty("receipt");
  });

  it("sends without credentials to a server that offers AUTH", async () => {
    await using server = await startSmtpServer({ users: { ada: "canary" } });
    expect(await send({ host: "localhost", port: server.port })).toHaveProperty("receipt");
  });

  it("does not go on without credentials where AUTH is not offered", async () => {
    await using server = await startSmtpServer();
    const auth = { username: "ada", password: "canary" };
    const outcome = await send({ host: "localhost", port: server.port, auth });
    expect(outcome).toMatchObject({ error: { code: "auth-unsupported", phase: "auth" } });
  });

  it("says that the password is wrong", async () => {
    await using server = await startSmtpServer({ users: { ada: "canary" } });
    const auth = { username: "ada", password: "wrong-canary" };
    const outcome = await send({ host: "localhost", port: server.port, auth });
    expect(outcome).toMatchObject({ error: { code: "auth-failed", phase: "auth", reply: 535, retryable: false } });
    expect(JSON.stringify(outcome)).not.toContain(btoa("\0ada\0wrong-canary"));
  });

  it("shows no password that a server repeats", async () => {
    allowSecretInClear();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("AUTH PLAIN");
      const line = await dialogue.line();
      dialogue.say(`535 You said ${line}, that is ${atob(line.split(" ")[2] ?? "")}\r\n`);
      await dialogue.ended();
    });
    const connection = { host: "localhost", port: server.port, security: "none", allowClearText: true } as const;
    const outcome = await send({ ...connection, auth: { username: "ada", password: "a-canary-word" } });
    expect(outcome).toMatchObject({ error: { code: "auth-failed", reply: 535 } });
    expect(server.dialogues[0]?.sent).toContain(btoa("\0ada\0a-canary-word"));
    expect(JSON.stringify(outcome)).not.toMatch(/a-canary-word|AGFkYQBh/);
  });

  it("shows no password that a server without UTF-8 repeats in Latin-1", async () => {
    allowSecretInClear();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("AUTH PLAIN");
      await dialogue.line();
      dialogue.say("535 what is canary-wörd?\r\n");
      await dialogue.ended();
    });
    const connection = { host: "localhost", port: server.port, security: "none", allowClearText: true } as const;
    const outcome = await send({ ...connection, auth: { username: "ada", password: "canary-wörd" } });
    expect(outcome).toMatchObject({ error: { code: "auth-failed", reply: 535 } });
    expect(JSON.stringify(outcome)).not.toMatch(/nary|rd\?/);
  });

  it.each(["wrongName", "expired"] as const)("trusts no certificate that is %s", async (kind) => {
    const identity = (await testCertificates())[kind];
    await using server = await startSmtpServer({ identity });
    const outcome = await send({ host: "localhost", port: server.port });
    expect(outcome).toMatchObject({ error: { code: "tls-failed", phase: "tls", retryable: false } });
  });

  describe("with a server that misbehaves", () => {
    const against = async (
      script: (dialogue: RawDialogue) => Promise<void>,
      more: Partial<SendRequest["connection"]> = {},
    ) => {
      await using server = await startRawServer(async (dialogue) => {
        await script(dialogue);
      });
      return await send({ host: "localhost", port: server.port, security: "none", ...more });
    };
    const greet = async (dialogue: RawDialogue, ...capabilities: string[]): Promise<void> => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo(...capabilities);
    };
    const upToBody = async (dialogue: RawDialogue): Promise<void> => {
      await greet(dialogue);
      for (const answer of ["250 ok", "250 ok", "354 go on"]) {
        await dialogue.line();
        dialogue.say(`${answer}\r\n`);
      }
      await dialogue.body();
    };

    it("ends when it closes, at once", async () => {
      expect(await against(async (dialogue) => dialogue.end())).toMatchObject({
        error: { code: "connection-lost", phase: "greeting", retryable: true },
      });
    });

    it("ends when it says nothing", async () => {
      const silent = await against((dialogue) => dialogue.ended(), { timeouts: { replyMs: 300 } });
      expect(silent).toMatchObject({
        error: { code: "timeout", phase: "greeting" },
      });
    });

    it("ends when it speaks another protocol", async () => {
      const outcome = await against(async (dialogue) => dialogue.say("SSH-2.0-OpenSSH_9.9\r\n"));
      expect(outcome).toMatchObject({ error: { code: "protocol-error", phase: "greeting", retryable: false } });
    });

    it("ends when a reply does not", async () => {
      const endless = await against(async (dialogue) => dialogue.say("220-and so on\r\n".repeat(5_000)));
      expect(endless).toMatchObject({ error: { code: "protocol-error", phase: "greeting" } });
    });

    it("ends with a page of what it says and not half a megabyte, and no cursor moves", async () => {
      const words = `no\x1b[2J\x9b ${"no ".repeat(150_000)}`;
      const outcome = await against(async (dialogue) => {
        await greet(dialogue);
        await dialogue.line();
        dialogue.say(`550 ${words}\r\n`);
      });
      expect(outcome).toMatchObject({ error: { code: "sender-rejected", phase: "mail", reply: 550 } });
      const { message, trace } = (outcome as { error: { message: string; trace: readonly string[] } }).error;
      expect(message.length).toBeLessThan(1_200);
      expect(trace.join("\n").length).toBeLessThan(1_500);
      expect(message + trace.join("")).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    });

    it("takes no reply for the answer to what was not asked yet", async () => {
      const outcome = await against(async (dialogue) => dialogue.say("220 mail.test\r\n250 early\r\n"));
      expect(outcome).toMatchObject({ error: { code: "protocol-error" } });
    });

    it("takes nothing said in clear behind STARTTLS for an answer under TLS", async () => {
      const outcome = await against(
        async (dialogue) => {
          await greet(dialogue, "STARTTLS");
          await dialogue.line();
          dialogue.say("220 go ahead\r\n250-injected\r\n250 AUTH PLAIN\r\n");
        },
        { security: "starttls" },
      );
      expect(outcome).toMatchObject({ error: { code: "protocol-error", phase: "tls" } });
    });

    it("forgets what was offered before TLS", async () => {
      const { server: identity } = await testCertificates();
      const outcome = await against(
        async (dialogue) => {
          await greet(dialogue, "STARTTLS", "AUTH PLAIN");
          await dialogue.line();
          dialogue.say("220 go ahead\r\n");
          await dialogue.secure(identity);
          await dialogue.ehlo();
          await dialogue.ended();
        },
        { security: "starttls", auth: { username: "ada", password: "canary" } },
      );
      expect(outcome).toMatchObject({ error: { code: "auth-unsupported" } });
    });

    it("knows nothing of a message whose reply is lost", async () => {
      const closed = await against(async (dialogue) => {
        await upToBody(dialogue);
        dialogue.end();
      });
      expect(closed).toMatchObject({ error: { code: "delivery-unknown", phase: "body", retryable: false } });
      const stall = async (dialogue: RawDialogue) => {
        await upToBody(dialogue);
        await dialogue.ended();
      };
      const stalled = await against(stall, { timeouts: { finalMs: 300 } });
      expect(stalled).toMatchObject({ error: { code: "delivery-unknown", phase: "body", retryable: false } });
    });

    it("tells a message that was refused from one that was taken", async () => {
      const outcome = await against(async (dialogue) => {
        await upToBody(dialogue);
        dialogue.say("552 5.3.4 too big\r\n");
        await dialogue.ended();
      });
      expect(outcome).toMatchObject({ error: { code: "message-too-large", reply: 552 } });
    });

    it("replaces a session that died while it was idle", async () => {
      await using server = await startRawServer(async (dialogue) => {
        await upToBody(dialogue);
        dialogue.say("250 taken\r\n");
        dialogue.end();
      });
      const outcomes = await worker.ask<Outcome[]>("/in-turn", {
        transport: "worker-mailer",
        connection: { host: "localhost", port: server.port, security: "none", pool: { maxConnections: 1 } },
        messages: [message, message],
        pauseMs: 200,
      } satisfies SendRequest);
      expect(outcomes).toMatchObject([{ receipt: {} }, { receipt: {} }]);
      expect(server.dialogues).toHaveLength(2);
    });

    it("gives up when the caller does", async () => {
      await using cue = await startCue();
      await using server = await startRawServer(async (dialogue) => {
        dialogue.say("220 mail.test\r\n");
        await dialogue.line();
        cue.give();
        await dialogue.ended();
      });
      const outcome = await send({ host: "localhost", port: server.port, security: "none" }, { abortWhen: cue.url });
      expect(outcome).toMatchObject({ error: { code: "aborted", phase: "ehlo" } });
    });
  });

  it.each<[string, Partial<SendRequest["messages"][number]>, string]>([
    ["AMP", { amp: "<html ⚡4email></html>", html: "…" }, "unsupported"],
    ["a calendar", { calendar: { content: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" } }, "unsupported"],
    ["further alternatives", { alternatives: [{ contentType: "text/markdown", content: "*" }] }, "unsupported"],
    ["inline images", { html: "…", attachments: [{ filename: "a.png", content: "…", contentId: "a" }] }, "unsupported"],
    [
      "messages as attachments",
      { attachments: [{ filename: "a.eml", contentType: "message/rfc822", content: "…" }] },
      "unsupported",
    ],
    ["TLS on every hop", { requireTls: true }, "unsupported"],
    ["addresses outside ASCII", { to: "用户@example.com" }, "smtputf8-unsupported"],
  ])("refuses %s, which its MIME cannot express", async (_what, fields, code) => {
    await using server = await startSmtpServer();
    const outcome = await send({ host: "localhost", port: server.port }, { messages: [{ ...message, ...fields }] });
    expect(outcome).toMatchObject({ error: { code, phase: "input" } });
    expect(server.connections).toBe(0);
  });

  it("refuses what Workers, or worker-mailer on them, cannot do", async () => {
    const host = "localhost";
    const token = { username: "ada", accessToken: "canary-token" };
    const cramMd5 = { username: "ada", password: "canary", methods: ["CRAM-MD5"] } as const;
    expect(await send({ host, tls: { rejectUnauthorized: false } })).toMatchObject({ error: { code: "unsupported" } });
    expect(await send({ host, auth: token })).toMatchObject({ error: { code: "unsupported", phase: "auth" } });
    expect(await send({ host, auth: cramMd5 })).toMatchObject({ error: { code: "unsupported", phase: "auth" } });
  });
});
