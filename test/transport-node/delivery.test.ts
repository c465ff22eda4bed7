import { connect } from "node:net";
import type { MessageInput } from "@edgepost/core";
import { buildMime, createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

const { ca } = await testCertificates();
const message = { from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello" };

describe.each(nodeTransports)("$name", ({ create }) => {
  /** Sends over clear text, since these tests are about what is said and not how it is hidden. */
  const start = async (options: TestSmtpServerOptions = {}) => {
    const server = await startSmtpServer({ security: "none", ...options });
    const { host, port } = server;
    const transport = create({ host, port, security: "none", pool: { maxConnections: 1 } });
    return {
      server,
      transport,
      send: async (fields: Partial<MessageInput> = {}) => transport.send(await buildMime({ ...message, ...fields })),
      async [Symbol.asyncDispose]() {
        await transport.close?.();
        await server.close();
      },
    };
  };

  test.each(["grace\0@example.com", "grace@example.com>\r\nRCPT TO:<eve@example.com"])(
    "says nothing of mail made by hand for %j",
    async (address) => {
      await using session = await start();
      const mail = await buildMime(message);
      const error = await failureOf(session.transport.send({ ...mail, envelope: { ...mail.envelope, to: [address] } }));
      expect(error).toMatchObject({ code: "invalid-message", phase: "input" });
      expect(session.server.received).toEqual([]);
    },
  );

  test("says nothing of mail made by hand that cannot be read", async () => {
    await using session = await start();
    const mail = await buildMime(message);
    const stream = () => {
      throw new Error("There is no such stream.");
    };
    const error = await failureOf(session.transport.send({ ...mail, streamed: true, stream }));
    expect(error).toMatchObject({ code: "attachment-failed", retryable: false });
    expect(session.server.received).toEqual([]);
  });

  test("breaks off a stream before it is larger than the server takes", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("SIZE 100000");
      for (const reply of ["250 OK", "250 OK", "354 go on"]) {
        await dialogue.line();
        dialogue.say(`${reply}\r\n`);
      }
      await dialogue.ended();
    });
    const transport = create({ host: server.host, port: server.port, security: "none" });
    const lines = ["Subject: Large\r\n\r\n", "x\r\n".repeat(30_000), "MAIL FROM:<evil@example.com>\r\n".repeat(2_000)];
    const envelope = { from: message.from, to: [message.to] };
    const mail = await buildMime({ raw: new Blob(lines).stream(), envelope });
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({ code: "message-too-large", phase: "body", retryable: false });
    await transport.close?.();
    expect(server.dialogues[0]?.sent).not.toMatch(/evil|QUIT/);
  });

  test("ends no message by hand whose stream gives no bytes", async () => {
    await using session = await start();
    const mail = await buildMime(message);
    const stream = () => new ReadableStream({ start: (controller) => controller.enqueue("Subject: text\r\n") });
    const error = await failureOf(session.transport.send({ ...mail, streamed: true, stream }));
    expect(error).toMatchObject({ code: "attachment-failed", phase: "body" });
    expect(session.server.received).toEqual([]);
  });

  test("keeps its connection for the next message", async () => {
    await using session = await start();
    await session.send();
    await session.send();
    expect(session.server).toMatchObject({ connections: 1, received: [{}, {}] });
  });

  test("keeps its connection after a refused sender, recipient or message", async () => {
    await using session = await start({
      refuseSender: { "nobody@example.com": { code: 550 } },
      refuseRecipient: { "unknown@example.com": { code: 550 } },
      size: 2_000,
    });
    expect(await failureOf(session.send({ from: "nobody@example.com" }))).toMatchObject({
      code: "sender-rejected",
      phase: "mail",
      retryable: false,
    });
    expect(await failureOf(session.send({ to: "unknown@example.com" }))).toMatchObject({
      code: "recipients-rejected",
      phase: "rcpt",
      recipients: [{ address: "unknown@example.com" }],
    });
    await session.send();
    expect(session.server).toMatchObject({ connections: 1, received: [{ envelope: { to: ["grace@example.com"] } }] });
  });

  test("does not send what the server will not take", async () => {
    await using session = await start({ size: 2_000 });
    const error = await failureOf(session.send({ text: "long\n".repeat(1_000) }));
    expect(error).toMatchObject({ code: "message-too-large", phase: "mail", retryable: false });
    expect(session.server.received).toEqual([]);
  });

  test("tells the size of the message before it comes", async () => {
    await using session = await start({ size: 1_000_000 });
    const { size } = await session.send();
    expect(session.server.received[0]?.mailParameters).toEqual({ SIZE: String(size) });
  });

  test.each([
    [451, true],
    [554, false],
  ])("tells that the message was refused with %i", async (code, retryable) => {
    await using session = await start({ refuseMessage: { code, text: "We do not like it" } });
    expect(await failureOf(session.send())).toMatchObject({
      code: "message-rejected",
      phase: "body",
      retryable,
      reply: { code, text: "We do not like it" },
    });
  });

  test("replaces a connection the server closed while it was idle, and the caller does not notice", async () => {
    await using session = await start();
    await session.send();
    session.server.dropConnections();
    const receipt = await session.send();
    expect(receipt.accepted).toEqual(["grace@example.com"]);
    expect(session.server).toMatchObject({ connections: 2, received: [{}, {}] });
  });

  test("replaces a connection that says 421 to the next message", async () => {
    await using server = await startRawServer(async (dialogue, index) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      for (const reply of ["250 OK", "250 OK", "354 Go"]) {
        await dialogue.line();
        dialogue.say(`${reply}\r\n`);
      }
      await dialogue.body();
      dialogue.say(`250 Taken by ${index}\r\n`);
      await dialogue.line();
      dialogue.say("421 Too long idle\r\n");
      dialogue.end();
    });
    const { host, port } = server;
    const transport = create({ host, port, security: "none" });
    const mail = await buildMime(message);
    expect((await transport.send(mail)).reply?.text).toBe("Taken by 0");
    expect((await transport.send(mail)).reply?.text).toBe("Taken by 1");
    await transport.close?.();
  });

  test("gives up a connection that does not answer the next message, within about a second", async () => {
    await using server = await startRawServer(async (dialogue, index) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      for (const reply of ["250 OK", "250 OK", "354 Go"]) {
        await dialogue.line();
        dialogue.say(`${reply}\r\n`);
      }
      await dialogue.body();
      dialogue.say(`250 Taken by ${index}\r\n`);
      await dialogue.ended();
    });
    const { host, port } = server;
    const transport = create({ host, port, security: "none" });
    const mail = await buildMime(message);
    await transport.send(mail);
    expect((await transport.send(mail)).reply?.text).toBe("Taken by 1");
    await transport.close?.();
  });

  test("is never told that a message was taken which the server has not read", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("PIPELINING");
      await dialogue.line();
      // Everything at once, before it was asked for.
      dialogue.say("250 OK\r\n250 OK\r\n354 Go\r\n250 Queued\r\n");
      await dialogue.ended();
    });
    const { host, port } = server;
    const transport = create({ host, port, security: "none" });
    const error = await failureOf(transport.send(await buildMime(message)));
    expect(["protocol-error", "delivery-unknown"]).toContain(error.code);
    expect(error.retryable).toBe(false);
    await transport.close?.();
  });

  test("ends an empty message properly where the server wants one for nobody", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("PIPELINING");
      for (const reply of ["250 OK", "550 5.1.1 Unknown", "354 Go"]) {
        await dialogue.line();
        dialogue.say(`${reply}\r\n`);
      }
      expect(await dialogue.body()).toEqual([]);
      dialogue.say("554 5.5.1 Nobody\r\n");
      for (;;) {
        await dialogue.line();
        dialogue.say("250 OK\r\n");
      }
    });
    const { host, port } = server;
    const transport = create({ host, port, security: "none" });
    const error = await failureOf(transport.send(await buildMime(message)));
    expect(error).toMatchObject({ code: "recipients-rejected", retryable: false });
    await transport.close?.();
  });

  test("sends ten thousand messages at once over no more sockets than it may have", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      for (;;) {
        const line = await dialogue.line();
        if (line === "DATA") {
          dialogue.say("354 go on\r\n");
          await dialogue.body();
        }
        dialogue.say(line === "QUIT" ? "221 bye\r\n" : "250 OK\r\n");
      }
    });
    let [open, mostOpen] = [0, 0];
    const openSocket = (to: { host: string; port: number }) => {
      mostOpen = Math.max(mostOpen, ++open);
      return connect(to).on("close", () => open--);
    };
    const transport = create({ host: server.host, port: server.port, security: "none" }, { openSocket });
    const mail = await buildMime(message);
    const receipts = await Promise.all(Array.from({ length: 10_000 }, () => transport.send(mail)));
    await transport.close?.();
    expect([receipts.length, mostOpen, open]).toEqual([10_000, 5, 0]);
  });

  test("keeps who was accepted when the message cannot be read for the next transaction", async () => {
    await using session = await start();
    const to = Array.from({ length: 101 }, (_, index) => `r${index}@example.com`) as [string, ...string[]];
    const mail = await buildMime({ ...message, to });
    let reads = 0;
    const stream = () => {
      if (reads++ > 0) throw new TypeError("disturbed");
      return mail.stream();
    };
    const { accepted, rejected } = await session.transport.send({ ...mail, streamed: true, stream });
    expect(accepted).toEqual(to.slice(0, 100));
    expect(rejected).toMatchObject([{ address: "r100@example.com", retryable: false, reply: { code: 554 } }]);
  });

  test("names in a failure whom an earlier transaction found refused", async () => {
    const refuseRecipient = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`r${index}@example.com`, { code: 550 }]),
    );
    await using session = await start({ refuseRecipient, refuseMessage: { code: 554 } });
    const to = [...Object.keys(refuseRecipient), "last@example.com"];
    const error = await failureOf(session.send({ to }));
    expect(error).toMatchObject({ code: "message-rejected", retryable: false });
    expect(error.recipients?.map(({ address }) => address)).toEqual(Object.keys(refuseRecipient));
  });

  test("sends to more recipients than a transaction takes, in several", async () => {
    await using session = await start({ refuseRecipient: { "r7@example.com": { code: 550 } } });
    const to = Array.from({ length: 250 }, (_, index) => `r${index}@example.com`);
    const receipt = await session.send({ to: "list@example.com", envelope: { from: message.from, to } });
    expect(receipt.accepted).toEqual(to.filter((address) => address !== "r7@example.com"));
    expect(receipt.rejected.map(({ address }) => address)).toEqual(["r7@example.com"]);
    expect(session.server.received.map(({ envelope }) => envelope.to.length)).toEqual([99, 100, 50]);
    expect(session.server.connections).toBe(1);
  });

  test("sends to those the server found too many in another transaction", async () => {
    await using session = await start({ server: { maxRecipients: 2 } });
    const receipt = await session.send({ to: ["a@example.com", "b@example.com", "c@example.com"] });
    expect(receipt.accepted.toSorted()).toEqual(["a@example.com", "b@example.com", "c@example.com"]);
    expect(session.server.received.map(({ envelope }) => envelope.to)).toEqual([
      ["a@example.com", "b@example.com"],
      ["c@example.com"],
    ]);
  });

  test("asks for delivery status notifications, or says that there are none", async () => {
    const dsn = { notify: ["failure", "delay"], return: "headers", envelopeId: "order+7=A" } as const;
    await using offering = await start();
    expect((await offering.send({ dsn })).downgrades).toEqual([]);
    expect(offering.server.received[0]).toMatchObject({
      mailParameters: { RET: "HDRS", ENVID: "order+7=A" },
      recipientParameters: [{ NOTIFY: "FAILURE,DELAY", ORCPT: "rfc822;grace@example.com" }],
    });
    await using without = await start({ server: { hideDSN: true } });
    expect((await without.send({ dsn })).downgrades).toEqual(["dsn"]);
  });

  test("uses SMTPUTF8 for an address that needs it, and fails where there is none", async () => {
    await using offering = await start();
    await offering.send({ to: "gräce@example.com" });
    expect(offering.server.received[0]).toMatchObject({
      envelope: { to: ["gräce@example.com"] },
      mailParameters: { SMTPUTF8: true },
    });
    await using without = await start({ server: { hideSMTPUTF8: true } });
    expect(await failureOf(without.send({ to: "gräce@example.com" }))).toMatchObject({
      code: "smtputf8-unsupported",
      retryable: false,
    });
    expect(without.server.received).toEqual([]);
  });

  test("declares a raw message with 8-bit octets where the server takes it", async () => {
    const raw = new TextEncoder().encode("From: ada@example.com\r\nTo: grace@example.com\r\n\r\nGrüße\r\n");
    await using offering = await start();
    const mail = await buildMime({ raw, envelope: { from: message.from, to: message.to } });
    await offering.transport.send(mail);
    expect(offering.server.received[0]?.mailParameters).toMatchObject({ BODY: "8BITMIME" });
    await using without = await start({ server: { hide8BITMIME: true } });
    expect((await without.transport.send(mail)).downgrades).toEqual(["8bitmime"]);
  });

  test("demands REQUIRETLS only over a link that is what it demands", async () => {
    const mail = await buildMime({ ...message, requireTls: true });
    await using server = await startSmtpServer();
    const { host, port } = server;
    const verified = create({ host, port, tls: { ca } });
    await verified.send(mail);
    expect(server.received[0]?.mailParameters).toMatchObject({ REQUIRETLS: true });
    const unverified = create({ host, port, tls: { rejectUnauthorized: false } });
    expect(await failureOf(unverified.send(mail))).toMatchObject({ code: "unsupported" });
    await verified.close?.();
    await unverified.close?.();
  });

  test("introduces itself by the name it was given", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const { host, port } = server;
    const transport = create({ host, port, security: "none", clientName: "app.acme.com" });
    await transport.send(await buildMime(message));
    expect(server.received[0]?.clientName).toBe("app.acme.com");
    await transport.close?.();
  });

  test("applies the defaults of its connection", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const { host, port } = server;
    const defaults = { from: "Acme <billing@acme.com>", bcc: "archive@acme.com" };
    const mailer = createMailer({ transport: create({ host, port, security: "none", defaults }) });
    await mailer.send({ to: "grace@example.com", subject: "Hello", text: "Hello" });
    expect(server.received[0]?.envelope).toEqual({
      from: "billing@acme.com",
      to: ["grace@example.com", "archive@acme.com"],
    });
    await mailer.close();
  });

  test("takes a URL", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const transport = create(`smtp://${server.host}:${server.port}?security=none`);
    await transport.send(await buildMime(message));
    expect(server.received).toHaveLength(1);
    await transport.close?.();
  });

  test("refuses a connection that cannot work, before anything is connected", () => {
    expect(() => create({ host: "", port: 25 })).toThrow(
      expect.objectContaining({ code: "invalid-connection", issues: [{}, {}].map(() => expect.anything()) }),
    );
  });
});

test("nodeTransport says what nodemailer cannot: an original recipient for each of several", async () => {
  await using server = await startSmtpServer({ security: "none" });
  const { host, port } = server;
  const transport = nodeTransport({ host, port, security: "none" });
  const receipt = await transport.send(
    await buildMime({ ...message, cc: "alan@example.com", dsn: { notify: "never" } }),
  );
  expect(receipt.downgrades).toEqual(["dsn-original-recipient"]);
  expect(server.received[0]?.recipientParameters).toEqual([{ NOTIFY: "NEVER" }, { NOTIFY: "NEVER" }]);
  await transport.close?.();
});
