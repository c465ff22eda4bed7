import { createMailer, type Mailer, type SmtpConnection } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { afterAll, beforeAll, expect, it } from "vitest";
import { failureOf } from "../support/engine.ts";
import { describeWithPostfix, startPostfix } from "../support/postfix.ts";
import { RELAY_LOGIN, type TestRelay } from "../support/relay.ts";
import type { ReceivedMail } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

// A real Postfix with Cyrus SASL, as many of our users have it: what it takes is read behind it, where it hands it on.

const from = "ada@example.com";
const to = "grace@example.com";
const auth = RELAY_LOGIN;

/** Each way to log in, the first choice last. nodemailer has no SCRAM. */
const byPassword = ["CRAM-MD5", "LOGIN", "PLAIN"] as const;
const subjects = [
  { name: "nodeTransport", create: nodeTransport, methods: byPassword },
  { name: "nativeTransport", create: nativeTransport, methods: [...byPassword, "SCRAM-SHA-1", "SCRAM-SHA-256"] },
] as const;

describeWithPostfix("Postfix", () => {
  let postfix: TestRelay;
  let tls: { ca: string };
  beforeAll(async () => {
    tls = { ca: (await testCertificates()).ca };
    postfix = await startPostfix();
  });
  afterAll(() => postfix.close());

  const arrived = async (messageId: string): Promise<ReceivedMail> => {
    for (let count = 1; ; count++) {
      const mail = (await postfix.inbox.waitFor(count)).find(({ text }) => text.includes(`Message-ID: ${messageId}`));
      if (mail !== undefined) return mail;
    }
  };

  for (const { name, create, methods } of subjects) {
    const mailerTo = (connection: Partial<SmtpConnection> = {}): Mailer =>
      createMailer({
        transport: create({ host: "localhost", port: postfix.ports.starttls, tls, auth, ...connection }),
      });

    it.each(methods)(`${name} logs in by %s, and not with a wrong password`, async (method) => {
      await using mailer = mailerTo({ auth: { ...auth, methods: [method] } });
      const { messageId } = await mailer.send({ from, to, subject: method, text: "Hello" });
      const { text } = await arrived(messageId);
      expect(text).toContain("(Authenticated sender: ada@postfix.test)");
      expect(text).toMatch(/using TLSv1\.3 [\s\S]* with ESMTPSA /);

      await using stranger = mailerTo({ auth: { ...auth, password: "wrong-canary", methods: [method] } });
      const error = await failureOf(stranger.send({ from, to, text: "Hello" }));
      expect(error).toMatchObject({ code: "auth-failed", phase: "auth", retryable: false, reply: { code: 535 } });
    });

    it(`${name} logs in by the best way both know`, async () => {
      await using mailer = mailerTo();
      const { messageId } = await mailer.send({ from, to, subject: "Best", text: "Hello" });
      await arrived(messageId);
      const used = /sasl_method=(\S+),/g;
      expect([...(await postfix.readLog()).matchAll(used)].at(-1)?.[1]).toBe(methods.at(-1));
    });

    it(`${name} is told to log in first`, async () => {
      await using mailer = mailerTo({ auth: undefined });
      const error = await failureOf(mailer.send({ from, to, text: "Hello" }));
      expect(error).toMatchObject({ code: "recipients-rejected", reply: { code: 554 }, retryable: false });
    });

    // What ends a message for one server and not for the next: CVE-2023-51764 and its kin.
    it.each(["\n.\n", "\r.\r", "\r\n.\n", "\n.\r\n", "\r\n.\r", "\r.\r\n", "\r\n.\r\n"])(
      `${name} smuggles no second message behind %j`,
      async (end) => {
        await using mailer = mailerTo();
        const smuggled =
          "MAIL FROM:<admin@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: forged\r\n\r\n";
        const text = `Hello${end}${smuggled}Hello again`;
        const messageId = `<${crypto.randomUUID()}@example.com>`;
        await mailer.send({ raw: `From: ${from}\r\nTo: ${to}\r\nMessage-ID: ${messageId}\r\n\r\n${text}` });
        const { text: whole, envelope } = await arrived(messageId);
        expect(whole.slice(whole.indexOf("\r\n\r\n") + 4).trimEnd()).toBe(text.replace(/\r\n|\r|\n/g, "\r\n"));
        expect(envelope).toEqual({ from, to: [to] });
        expect(await postfix.readLog()).not.toMatch(/admin@|victim@/);
      },
    );

    it(`${name} asks for delivery reports, which Postfix passes on`, async () => {
      await using mailer = mailerTo();
      const dsn = { notify: ["success", "failure"], return: "headers", envelopeId: "order=42" } as const;
      const { messageId, downgrades } = await mailer.send({ from, to, subject: "Report", text: "Hello", dsn });
      expect(downgrades).toEqual([]);
      const { mailParameters, recipientParameters } = await arrived(messageId);
      expect(mailParameters).toMatchObject({ RET: "HDRS", ENVID: expect.stringMatching(/^order(=|\+3D)42$/) });
      expect(recipientParameters).toEqual([{ NOTIFY: "SUCCESS,FAILURE", ORCPT: `rfc822;${to}` }]);
    });

    it(`${name} writes to an address outside ASCII`, async () => {
      await using mailer = mailerTo();
      const { messageId } = await mailer.send({ from, to: "jürgen@example.com", subject: "漢字", text: "本文" });
      const { envelope, mailParameters } = await arrived(messageId);
      expect(envelope.to).toEqual(["jürgen@example.com"]);
      expect(mailParameters).toMatchObject({ SMTPUTF8: true });
    });

    it(`${name} does not begin what Postfix finds too large, and gives up what becomes so`, async () => {
      await using mailer = mailerTo({ port: postfix.ports.small });
      const known = { content: "x".repeat(200_000), filename: "known.txt" };
      expect(await failureOf(mailer.send({ from, to, attachments: [known] }))).toMatchObject({
        code: "message-too-large",
        phase: "mail",
        retryable: false,
      });
      const streamed = { content: new Blob([known.content]).stream(), filename: "streamed.txt" };
      expect(await failureOf(mailer.send({ from, to, attachments: [streamed] }))).toMatchObject({
        code: "message-too-large",
        phase: "body",
        retryable: false,
      });
      await mailer.send({ from, to, text: "And the next one goes through." });
    });
  }

  it("nativeTransport needs one round trip for a message on a warm session, thanks to CHUNKING", async () => {
    const lines: string[] = [];
    const connection = { host: "localhost", port: postfix.ports.starttls, tls, auth, pool: { maxConnections: 1 } };
    const transport = nativeTransport(connection, { trace: (line) => lines.push(line) });
    await using mailer = createMailer({ transport });
    await mailer.send({ from, to, text: "The first" });
    lines.length = 0;
    await mailer.send({ from, to, text: "The second" });
    expect(lines.map((line) => line.replace(/^(.: \S+).*/, "$1"))).toEqual([
      "C: MAIL",
      "C: RCPT",
      "C: BDAT",
      "S: 250",
      "S: 250",
      "S: 250",
    ]);
  });
});
