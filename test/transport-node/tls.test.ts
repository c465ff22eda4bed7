import { X509Certificate } from "node:crypto";
import type { SmtpTls } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { type RawScript, startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

const mail = await buildMime({ from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello" });
const { ca, server: trusted, wrongName, expired, selfSigned, client, stranger } = await testCertificates();
const auth = { username: "ada", password: "canary-password" };
const users = { ada: auth.password };

describe.each(nodeTransports)("$name", ({ create }) => {
  describe.each(["implicit", "starttls"] as const)("with %s TLS", (security) => {
    const send = async (tls: SmtpTls, options: Parameters<typeof startSmtpServer>[0] = {}, host = "localhost") => {
      await using server = await startSmtpServer({ security, users, ...options });
      const transport = create({ host, port: server.port, security, tls, auth });
      try {
        const receipt = await transport.send(mail);
        return { receipt, received: server.received[0], logins: server.logins };
      } catch (error) {
        // Whatever went wrong, the credentials are still here.
        expect(server.logins).toEqual([]);
        throw error;
      } finally {
        await transport.close?.();
      }
    };

    test("trusts the authority it was given", async () => {
      const { received } = await send({ ca });
      expect(received).toMatchObject({ secure: true, serverName: "localhost", username: "ada" });
    });

    test("shows what the handshake came to when it is tested, also where the login fails after it", async () => {
      await using server = await startSmtpServer({ security, users });
      const wrong = { ...auth, password: "wrong-canary" };
      for (const credentials of [auth, wrong]) {
        const transport = create({ host: "localhost", port: server.port, security, tls: { ca }, auth: credentials });
        const verification = await transport.verify?.();
        await transport.close?.();
        expect(verification?.ok).toBe(credentials === auth);
        expect(verification?.stages.filter(({ tls }) => tls !== undefined)).toMatchObject([
          {
            stage: "tls",
            ok: true,
            tls: {
              protocol: "TLSv1.3",
              certificate: {
                subject: "CN=localhost",
                issuer: "CN=edgepost test authority",
                validFrom: isoDateOf(new X509Certificate(trusted.cert).validFrom),
                validTo: isoDateOf(new X509Certificate(trusted.cert).validTo),
                names: expect.arrayContaining(["localhost", "127.0.0.1"]),
              },
            },
          },
        ]);
      }
    });

    test("shows no certificate of a handshake that failed", async () => {
      await using server = await startSmtpServer({ security, users, identity: wrongName });
      const transport = create({ host: "localhost", port: server.port, security, tls: { ca }, auth });
      const stages = (await transport.verify?.())?.stages;
      await transport.close?.();
      expect(stages?.at(-1)).toMatchObject({ stage: "tls", ok: false, error: { code: "tls-failed" } });
      expect(stages?.at(-1)).not.toHaveProperty("tls");
    });

    test("takes one of several authorities", async () => {
      const { received } = await send({ ca: [stranger.cert, ca] });
      expect(received?.secure).toBe(true);
    });

    test("checks an address literal against the addresses of the certificate, and sends no SNI", async () => {
      const { received } = await send({ ca }, {}, "127.0.0.1");
      expect(received).toMatchObject({ secure: true, serverName: undefined });
    });

    test("checks the certificate for the server name where one is given", async () => {
      const { received } = await send({ ca, serverName: "mail.elsewhere.example" }, { identity: wrongName });
      expect(received).toMatchObject({ secure: true, serverName: "mail.elsewhere.example" });
    });

    test.each([
      { what: "an unknown authority", tls: {}, identity: trusted, hint: "tls.ca" },
      { what: "another name", tls: { ca }, identity: wrongName, hint: "it is for mail.elsewhere.example" },
      { what: "an expired certificate", tls: { ca }, identity: expired, hint: "expired" },
      { what: "a self-signed certificate", tls: { ca }, identity: selfSigned, hint: "rejectUnauthorized: false" },
    ])("refuses $what, and says what to do", async ({ tls, identity, hint }) => {
      const error = await failureOf(send(tls, { identity }));
      expect(error).toMatchObject({ code: "tls-failed", phase: "tls", retryable: false });
      expect(error.message).toContain(hint);
    });

    test.each([
      ["self-signed", selfSigned],
      ["expired", expired],
      ["wrong-named", wrongName],
    ])("takes a %s certificate where that is asked for", async (_what, identity) => {
      const { received } = await send({ rejectUnauthorized: false }, { identity });
      expect(received?.secure).toBe(true);
    });

    test("speaks no older TLS than it may", async () => {
      const { received } = await send({ ca, minVersion: "TLSv1.3" });
      expect(received?.tlsProtocol).toBe("TLSv1.3");
      const old = { server: { maxVersion: "TLSv1.2" } } as const;
      expect((await send({ ca }, old)).received?.tlsProtocol).toBe("TLSv1.2");
      expect(await failureOf(send({ ca, minVersion: "TLSv1.3" }, old))).toMatchObject({ code: "tls-failed" });
    });

    test("shows its client certificate to a server that demands one", async () => {
      const { received } = await send({ ca, ...client }, { clientCa: ca });
      expect(received?.secure).toBe(true);
    });

    test.each([
      ["no client certificate", {}],
      ["one of a stranger", stranger],
    ])("fails with %s where the server demands a known one", async (_what, identity) => {
      const error = await failureOf(send({ ca, ...identity }, { clientCa: ca }));
      // A server may also just hang up.
      expect(["tls-failed", "connection-lost"]).toContain(error.code);
    });

    test("fails before connecting with a key of another certificate", async () => {
      const error = await failureOf(send({ ca, cert: client.cert, key: stranger.key }));
      expect(error).toMatchObject({ code: "tls-failed", phase: "tls" });
    });
  });

  const sendTo = async (script: RawScript, security: "starttls" | "opportunistic" = "starttls") => {
    const server = await startRawServer(script);
    const transport = create({ host: "localhost", port: server.port, security, tls: { ca }, auth });
    const outcome = await failureOf(transport.send(mail));
    await transport.close?.();
    await server.close();
    const [dialogue] = server.dialogues;
    return { error: outcome, sent: dialogue?.sent ?? "", sentInClear: dialogue?.sentInClear ?? "" };
  };

  test("goes no further when STARTTLS was stripped", async () => {
    const { error, sent } = await sendTo(async (server) => {
      server.say("220 mail.test ESMTP\r\n");
      await server.ehlo("AUTH PLAIN LOGIN", "PIPELINING");
      for (;;) {
        const line = await server.line();
        server.say(line === "QUIT" ? "221 Bye\r\n" : "502 5.5.1 Unknown\r\n");
      }
    });
    expect(error).toMatchObject({ code: "tls-required", phase: "tls", retryable: false });
    expect(sent.replace(/^EHLO \S+\r\n|^QUIT\r\n/gm, "")).toBe("");
  });

  // nodemailer asks for it unasked: a server that then says 250, as some do to anything, would wait for commands for ever.
  test("asks for no STARTTLS that was not offered", async () => {
    const { error, sent } = await sendTo(async (server) => {
      server.say("220 mail.test ESMTP\r\n");
      await server.ehlo("STARTTLS-LATER", "8BITMIME");
      for (;;) {
        await server.line();
        server.say("250 2.0.0 OK\r\n");
      }
    });
    expect(error).toMatchObject({ code: "tls-required", phase: "tls", retryable: false });
    expect(sent).not.toContain("STARTTLS");
  });

  test.each(["454 4.7.0 TLS not available\r\n", "502 5.5.1 Unknown\r\n"])(
    "goes no further when STARTTLS is answered with %j",
    async (answer) => {
      const { error, sent } = await sendTo(async (server) => {
        server.say("220 mail.test ESMTP\r\n");
        await server.ehlo("STARTTLS", "AUTH PLAIN");
        await server.line();
        server.say(answer);
        await server.ended();
      });
      expect(error).toMatchObject({ code: "tls-required", retryable: false });
      expect(sent).not.toMatch(/AUTH|MAIL/);
    },
  );

  test("does not fall back to HELO, which has no STARTTLS", async () => {
    const { error, sent } = await sendTo(async (server) => {
      server.say("220 mail.test SMTP\r\n");
      await server.line();
      server.say("502 5.5.1 Unknown\r\n");
      await server.ended();
    });
    expect(error).toMatchObject({ code: "tls-required", phase: "ehlo" });
    expect(sent).not.toMatch(/HELO \S+\r\nHELO|AUTH|MAIL/);
  });

  test.each([
    ["a whole reply", "220 Go ahead\r\n250-mail.test\r\n250 AUTH PLAIN\r\n"],
    ["a fragment of one", "220 Go ahead\r\n250-in"],
  ])("reads nothing that was injected before the handshake: %s", async (_what, answer) => {
    const { error, sent } = await sendTo(async (server) => {
      server.say("220 mail.test ESMTP\r\n");
      await server.ehlo("STARTTLS");
      await server.line();
      server.say(answer);
      await server.ended();
    });
    expect(error).toMatchObject({ code: "protocol-error", phase: "tls", retryable: false });
    expect(sent).not.toMatch(/AUTH|MAIL/);
  });

  test("forgets what was offered before TLS", async () => {
    const { error, sent } = await sendTo(async (server) => {
      server.say("220 mail.test ESMTP\r\n");
      await server.ehlo("STARTTLS", "AUTH PLAIN", "PIPELINING");
      await server.line();
      server.say("220 Go ahead\r\n");
      await server.secure(trusted);
      await server.ehlo();
      await server.ended();
    });
    expect(error).toMatchObject({ code: "auth-unsupported", phase: "auth" });
    expect(sent).not.toMatch(/AUTH|MAIL/);
  });

  test("keeps its credentials when TLS is opportunistic and the server has none", async () => {
    const { error, sent } = await sendTo(async (server) => {
      server.say("220 mail.test ESMTP\r\n");
      await server.ehlo("AUTH PLAIN");
      await server.ended();
    }, "opportunistic");
    expect(error).toMatchObject({ code: "auth-insecure", phase: "auth", retryable: false });
    expect(sent).not.toMatch(/AUTH|MAIL/);
  });

  test("sends without TLS when it is opportunistic and there is nothing to protect", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const transport = create({ host: "localhost", port: server.port, security: "opportunistic" });
    await transport.send(mail);
    expect(server.received[0]?.secure).toBe(false);
    await transport.close?.();
  });

  test("uses TLS when it is opportunistic and offered", async () => {
    await using server = await startSmtpServer({ users });
    const transport = create({ host: "localhost", port: server.port, security: "opportunistic", tls: { ca }, auth });
    await transport.send(mail);
    expect(server.received[0]).toMatchObject({ secure: true, username: "ada" });
    await transport.close?.();
  });

  test.each([
    ["closes", (socket: { end(): void }) => socket.end()],
    ["resets", (socket: { reset(): void }) => socket.reset()],
  ])("fails when the server %s in the handshake", async (_what, leave) => {
    const { error } = await sendTo(async (server) => {
      server.say("220 mail.test ESMTP\r\n");
      await server.ehlo("STARTTLS");
      await server.line();
      server.say("220 Go ahead\r\n");
      await server.more();
      leave(server);
    });
    expect(error).toMatchObject({ code: "tls-failed", phase: "tls", retryable: false });
  });

  test("says so when a server for STARTTLS is asked for TLS at once", async () => {
    await using server = await startSmtpServer({ security: "starttls" });
    const transport = create({ host: "localhost", port: server.port, security: "implicit" });
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({ code: "tls-failed", phase: "tls" });
    expect(error.message).toContain('"starttls"');
    await transport.close?.();
  });
});

function isoDateOf(date: string): string {
  return new Date(date).toISOString();
}
