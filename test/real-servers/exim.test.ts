import { createMailer, type Mailer, type SmtpConnection } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { afterAll, beforeAll, expect, it } from "vitest";
import { failureOf } from "../support/engine.ts";
import { describeWithExim, startExim } from "../support/exim.ts";
import { RELAY_LOGIN, type TestRelay } from "../support/relay.ts";
import { testCertificates } from "../support/tls.ts";

// What only Exim does: GnuTLS, and CHUNKING that loses its place in a message that is too large. The rest is in conformance.

const from = "ada@example.com";
const to = "grace@example.com";
const forged = "MAIL FROM:<forged@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: forged\r\n\r\n.\r\n";

describeWithExim("Exim", () => {
  let exim: TestRelay;
  let tls: { ca: string };
  beforeAll(async () => {
    tls = { ca: (await testCertificates()).ca };
    exim = await startExim({ refuse: { "nobody@example.com": "550 5.1.1 Nobody" } });
  });
  afterAll(() => exim.close());

  for (const [name, create] of Object.entries({ nodeTransport, nativeTransport })) {
    const mailerTo = (connection: Partial<SmtpConnection> = {}): Mailer =>
      createMailer({
        transport: create({ host: "localhost", port: exim.ports.starttls, tls, auth: RELAY_LOGIN, ...connection }),
      });

    it.each(["PLAIN", "LOGIN", "CRAM-MD5"] as const)(`${name} logs in by %s`, async (method) => {
      await using mailer = mailerTo({ auth: { ...RELAY_LOGIN, methods: [method] } });
      const { messageId } = await mailer.send({ from, to, subject: method, text: "Hello" });
      const log = await exim.readLog();
      expect(log.split("\n").find((line) => line.includes(messageId.slice(1, -1)))).toMatch(
        new RegExp(`P=esmtpsa X=TLS1\\.3\\S+ .*A=${method === "CRAM-MD5" ? "cram" : method.toLowerCase()}:ada`),
      );
    });

    it(`${name} lets no content of a message become commands, when it grows too large on its way`, async () => {
      await using mailer = mailerTo({ port: exim.ports.small });
      const raw = new Blob([`From: ${from}\r\n\r\n`, "x\r\n".repeat(40_000), forged.repeat(1_000)]).stream();
      const envelope = { from, to: [to] };
      const error = await failureOf(mailer.send({ raw, envelope }));
      expect(error).toMatchObject({ code: "message-too-large", phase: "body", retryable: false });
      await mailer.send({ from, to, text: "And the next one goes through." });
      expect(await exim.readLog()).not.toMatch(/forged@|victim@/);
    });

    it(`${name} lets no content of a message become commands, when nobody may receive it`, async () => {
      await using mailer = mailerTo();
      const raw = `From: ${from}\r\n\r\n${forged}`;
      const error = await failureOf(mailer.send({ raw, envelope: { from, to: ["nobody@example.com"] } }));
      expect(error).toMatchObject({ code: "recipients-rejected", reply: { code: 550, enhancedCode: "5.1.1" } });
      await mailer.send({ from, to, text: "And the next one goes through." });
      expect(await exim.readLog()).not.toMatch(/forged@|victim@/);
    });
  }

  it("nativeTransport needs one round trip for a message on a warm session, thanks to CHUNKING", async () => {
    const lines: string[] = [];
    const connection = { host: "localhost", port: exim.ports.starttls, tls, auth: RELAY_LOGIN };
    const transport = nativeTransport(connection, { trace: (line) => lines.push(line) });
    await using mailer = createMailer({ transport });
    await mailer.send({ from, to, text: "The first" });
    lines.length = 0;
    await mailer.send({ from, to, text: "The second" });
    expect(lines.map((line) => line.slice(0, 7)).join()).toMatch(/^C: MAIL,C: RCPT,C: BDAT(,S: 250[- ])+$/);
  });
});
