import { inspect } from "node:util";
import type { SmtpAuth, SmtpConnection } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { describe, expect, test } from "vitest";
import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

const mail = await buildMime({ from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello" });
const { ca } = await testCertificates();
const PASSWORD = "canary-pässword";
const TOKEN = "ya29.canary-token";

describe.each(nodeTransports)("$name", ({ create }) => {
  const send = async (auth: SmtpAuth, server: TestSmtpServerOptions = {}, connection: Partial<SmtpConnection> = {}) => {
    await using started = await startSmtpServer({ users: { ada: PASSWORD, oauth: TOKEN }, ...server });
    const { host, port } = started;
    const transport = create({ host, port, tls: { ca }, auth, ...connection });
    try {
      await transport.send(mail);
    } finally {
      await transport.close?.();
    }
    return { received: started.received[0], logins: started.logins };
  };

  test.each(["PLAIN", "LOGIN", "CRAM-MD5"] as const)(
    "logs in by %s where the server has nothing else",
    async (method) => {
      const auth = { username: "ada", password: method === "CRAM-MD5" ? "canary-password" : PASSWORD };
      const { received, logins } = await send(auth, { users: { ada: auth.password }, authMethods: [method] });
      expect(received?.username).toBe("ada");
      expect(logins).toMatchObject([{ method, username: "ada" }]);
    },
  );

  test("prefers PLAIN under TLS, which tells a server no more than it has to know", async () => {
    const { logins } = await send(
      { username: "ada", password: PASSWORD },
      { authMethods: ["CRAM-MD5", "LOGIN", "PLAIN"] },
    );
    expect(logins).toMatchObject([{ method: "PLAIN" }]);
  });

  test("uses no method but those asked for", async () => {
    const { logins } = await send({ username: "ada", password: PASSWORD, methods: ["LOGIN"] });
    expect(logins).toMatchObject([{ method: "LOGIN", secret: PASSWORD }]);
  });

  test("logs in by XOAUTH2 with a token", async () => {
    const { received, logins } = await send({ username: "oauth", accessToken: TOKEN });
    expect(received?.username).toBe("oauth");
    expect(logins).toMatchObject([{ method: "XOAUTH2", secret: TOKEN }]);
  });

  test("asks a function for the token, and once more when the server refuses it", async () => {
    const tokens = ["expired-canary", TOKEN];
    const { logins } = await send({ username: "oauth", accessToken: async () => tokens.shift() ?? "" });
    expect(logins.map(({ secret }) => secret)).toEqual(["expired-canary", TOKEN]);
  });

  test("does not ask for a third token", async () => {
    let asked = 0;
    const accessToken = () => `wrong-canary-${++asked}`;
    expect(await failureOf(send({ username: "oauth", accessToken }))).toMatchObject({ code: "auth-failed" });
    expect(asked).toBe(2);
  });

  test("fails when the function for the token fails", async () => {
    const cause = new Error("no network");
    const error = await failureOf(send({ username: "oauth", accessToken: () => Promise.reject(cause) }));
    expect(error).toMatchObject({ code: "auth-failed", phase: "auth" });
  });

  test.each(["", "one\r\ntwo", "a\u0001b"])("sends no token that would break the dialogue: %j", async (token) => {
    const error = await failureOf(send({ username: "oauth", accessToken: () => token }));
    expect(error.phase).toBe("auth");
  });

  test("says that a password is wrong", async () => {
    const error = await failureOf(send({ username: "ada", password: "canary-and-wrong" }));
    expect(error).toMatchObject({ code: "auth-failed", phase: "auth", retryable: false, reply: { code: 535 } });
  });

  test("sends nothing secret where the server has no method in common", async () => {
    const error = await failureOf(send({ username: "ada", password: PASSWORD }, { authMethods: ["XOAUTH2"] }));
    expect(error).toMatchObject({ code: "auth-unsupported", phase: "auth", retryable: false });
  });

  test("sends nothing secret where the server has no authentication", async () => {
    await using server = await startSmtpServer();
    const { host, port } = server;
    const transport = create({ host, port, tls: { ca }, auth: { username: "ada", password: PASSWORD } });
    expect(await failureOf(transport.send(mail))).toMatchObject({ code: "auth-unsupported" });
    await transport.close?.();
  });

  test("logs in without TLS only where that is asked for, and then hides the password if it can", async () => {
    const server = { security: "none", allowInsecureAuth: true, users: { ada: "canary-password" } } as const;
    const connection = { security: "none", allowClearText: true, tls: {} } as const;
    const { logins } = await send({ username: "ada", password: "canary-password" }, server, connection);
    expect(logins).toMatchObject([{ method: "CRAM-MD5" }]);
  });

  test.each([
    ["454 4.7.0 Try later", true],
    ["535 5.7.8 Wrong", false],
    ["534 5.7.9 Too weak", false],
  ])("answers %j with its own advice", async (answer, retryable) => {
    allowSecretInClear();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("AUTH PLAIN");
      await dialogue.line();
      dialogue.say(`${answer}\r\n`);
      await dialogue.ended();
    });
    const { host, port } = server;
    const auth = { username: "ada", password: PASSWORD };
    const transport = create({ host, port, security: "none", allowClearText: true, auth });
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({
      code: "auth-failed",
      phase: "auth",
      retryable,
      reply: { code: Number(answer.slice(0, 3)) },
    });
    await transport.close?.();
  });

  test.each(["plain", "base64"])("tells nobody the credentials that a server repeats as %s", async (form) => {
    allowSecretInClear();
    const written = form === "plain" ? PASSWORD : Buffer.from(`\0ada\0${PASSWORD}`).toString("base64");
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("AUTH PLAIN");
      await dialogue.line();
      dialogue.say(Buffer.from(`535 5.7.8 what is ${written}?\r\n`).toString("latin1"));
      await dialogue.ended();
    });
    const { host, port } = server;
    const lines: string[] = [];
    const auth = { username: "ada", password: PASSWORD };
    const connection = { host, port, security: "none", allowClearText: true, auth } as const;
    const transport = create(connection, { trace: (line) => lines.push(line) });
    const error = await failureOf(transport.send(mail));
    await transport.close?.();
    expect(error).toMatchObject({ code: "auth-failed", retryable: false, reply: { code: 535 } });
    expect(inspect([error, lines], { depth: 10, showHidden: true })).not.toContain(written);
  });

  test("tells nobody a password that a server without UTF-8 repeats in Latin-1", async () => {
    allowSecretInClear();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("AUTH PLAIN");
      await dialogue.line();
      dialogue.say("535-5.7.8 what is\r\n535 5.7.8 canary-wörd?\r\n");
      await dialogue.ended();
    });
    const { host, port } = server;
    const lines: string[] = [];
    const auth = { username: "ada", password: "canary-wörd" };
    const connection = { host, port, security: "none", allowClearText: true, auth } as const;
    const transport = create(connection, { trace: (line) => lines.push(line) });
    const error = await failureOf(transport.send(mail));
    await transport.close?.();
    expect(error).toMatchObject({ code: "auth-failed", retryable: false, reply: { code: 535 } });
    expect(inspect([error, lines], { depth: 10, showHidden: true })).not.toMatch(/nary|rd\?/);
  });

  test("is not taken in by a reply that came before it was asked for", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.line();
      dialogue.say("250-mail.test\r\n250 AUTH PLAIN\r\n235 2.7.0 Welcome\r\n");
      await dialogue.ended();
    });
    const { host, port } = server;
    const auth = { username: "ada", password: PASSWORD };
    const transport = create({ host, port, security: "none", allowClearText: true, auth });
    expect(await failureOf(transport.send(mail))).toMatchObject({ code: "protocol-error", retryable: false });
    expect(server.dialogues[0]?.sent).not.toMatch(/AUTH|MAIL/);
    await transport.close?.();
  });
});

test("nodeTransport logs in by OAUTHBEARER, which nodemailer itself does not know", async () => {
  allowSecretInClear();
  let presented = "";
  await using server = await startRawServer(async (dialogue) => {
    dialogue.say("220 mail.test\r\n");
    await dialogue.ehlo("AUTH XOAUTH2 OAUTHBEARER");
    presented = await dialogue.line();
    dialogue.say("334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n");
    await dialogue.line();
    dialogue.say("535 5.7.8 Expired\r\n");
    await dialogue.ended();
  });
  const { host, port } = server;
  const auth = { username: "ada", accessToken: TOKEN };
  const transport = nodeTransport({ host, port, security: "none", allowClearText: true, auth });
  expect(await failureOf(transport.send(mail))).toMatchObject({ code: "auth-failed", reply: { code: 535 } });
  expect(Buffer.from(presented.replace("AUTH OAUTHBEARER ", ""), "base64").toString()).toBe(
    `n,a=ada,\u0001host=${host}\u0001auth=Bearer ${TOKEN}\u0001\u0001`,
  );
  expect(server.dialogues[0]?.sent).toContain("\r\nAQ==\r\n");
  await transport.close?.();
});
