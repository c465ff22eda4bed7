import type { MessageInput } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { fromNodemailer, type NodemailerMessage } from "@edgepost/transport-node/nodemailer";
import { createTransport } from "nodemailer";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/engine.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";

const message = { from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello" };
const build = (fields: Partial<MessageInput> = {}) => buildMime({ ...message, ...fields });

describe("over SMTP", () => {
  const start = async (options: TestSmtpServerOptions = {}) => {
    const server = await startSmtpServer({ security: "none", ...options });
    const transport = fromNodemailer(createTransport({ host: server.host, port: server.port, ignoreTLS: true }));
    return { server, transport, [Symbol.asyncDispose]: () => server.close() };
  };

  test("names who was refused, and sends to the others", async () => {
    await using session = await start({ refuseRecipient: { "busy@example.com": { code: 450, text: "Busy" } } });
    const receipt = await session.transport.send(await build({ to: ["busy@example.com", "grace@example.com"] }));
    expect(receipt).toMatchObject({
      accepted: ["grace@example.com"],
      rejected: [{ address: "busy@example.com", reply: { code: 450, text: "Busy" }, retryable: true }],
      reply: { code: 250 },
      transport: "nodemailer",
    });
  });

  test("fails when everybody was refused, and names them", async () => {
    await using session = await start({
      refuseRecipient: { "busy@example.com": { code: 450 }, "unknown@example.com": { code: 550 } },
    });
    const mail = await build({ to: ["busy@example.com", "unknown@example.com"] });
    expect(await failureOf(session.transport.send(mail))).toMatchObject({
      code: "recipients-rejected",
      retryable: true,
      recipients: [
        { address: "busy@example.com", retryable: true },
        { address: "unknown@example.com", retryable: false },
      ],
    });
  });

  test.each([
    [{ refuseSender: { "ada@example.com": { code: 550 } } }, "sender-rejected", false],
    [{ refuseMessage: { code: 451 } }, "message-rejected", true],
  ])("calls a refusal by its name: %j", async (options, code, retryable) => {
    await using session = await start(options);
    expect(await failureOf(session.transport.send(await build()))).toMatchObject({ code, retryable });
  });

  test("does not hide what it cannot do", async () => {
    await using session = await start({ server: { hideDSN: true } });
    const several = await build({ to: ["a@example.com", "b@example.com"] });
    expect(await failureOf(session.transport.send(several, { recipients: "all-or-none" }))).toMatchObject({
      code: "unsupported",
      phase: "input",
    });
    expect(await failureOf(session.transport.send(await build({ requireTls: true })))).toMatchObject({
      code: "unsupported",
    });
    const receipt = await session.transport.send(await build({ dsn: { notify: "never" } }));
    expect(receipt.downgrades).toEqual(["dsn"]);
  });

  test("asks for delivery status notifications where they are offered", async () => {
    await using session = await start();
    const receipt = await session.transport.send(await build({ dsn: { notify: ["failure"], return: "full" } }));
    expect(receipt.downgrades).toEqual([]);
    expect(session.server.received[0]).toMatchObject({
      mailParameters: { RET: "FULL" },
      recipientParameters: [{ NOTIFY: "FAILURE", ORCPT: "rfc822;grace@example.com" }],
    });
  });

  test("tells that a connection works, or what is wrong with it", async () => {
    await using session = await start();
    expect(await session.transport.verify?.()).toMatchObject({ ok: true, stages: [{ stage: "connect", ok: true }] });
    await session.server.close();
    expect(await session.transport.verify?.()).toMatchObject({
      ok: false,
      stages: [{ stage: "connect", ok: false, error: { code: "connect-failed" } }],
    });
    expect(await failureOf(session.transport.send(await build()))).toMatchObject({
      code: "connect-failed",
      retryable: true,
    });
  });

  test("calls nothing undelivered that may have arrived", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      for (const reply of ["250 OK", "250 OK", "354 Go"]) {
        await dialogue.line();
        dialogue.say(`${reply}\r\n`);
      }
      await dialogue.body();
      dialogue.end();
    });
    const transport = fromNodemailer(createTransport({ host: server.host, port: server.port, ignoreTLS: true }));
    expect(await failureOf(transport.send(await build()))).toMatchObject({
      code: "delivery-unknown",
      retryable: false,
    });
  });

  test("knows that a message has not arrived which was not read to its end", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      await dialogue.line();
      dialogue.end();
    });
    const transport = fromNodemailer(createTransport({ host: server.host, port: server.port, ignoreTLS: true }));
    const large = await build({ text: "0123456789abcde\n".repeat(100_000) });
    expect(await failureOf(transport.send(large))).toMatchObject({ code: "connection-lost", retryable: true });
  });
});

describe("over other transports", () => {
  test("hands bytes and bare addresses to a stream transport", async () => {
    const transport = fromNodemailer(createTransport({ streamTransport: true, buffer: true }));
    const receipt = await transport.send(await build({ to: "Grace <grace@example.com>" }));
    expect(receipt).toMatchObject({ accepted: ["grace@example.com"], rejected: [], reply: undefined });
  });

  test("carries a message to Amazon SES", async () => {
    const sent: { Content: { Raw: { Data: Buffer } }; Destination: { ToAddresses: string[] } }[] = [];
    class SendEmailCommand {
      readonly input: (typeof sent)[number];
      constructor(input: (typeof sent)[number]) {
        this.input = input;
      }
    }
    const sesClient = {
      config: { region: async () => "eu-west-1" },
      async send({ input }: SendEmailCommand) {
        sent.push(input);
        return { MessageId: "0100-abc" };
      },
    };
    const transport = fromNodemailer(createTransport({ SES: { sesClient, SendEmailCommand } } as never));
    const mail = await build({ bcc: "hidden@example.com" });
    const receipt = await transport.send(mail);
    expect(receipt).toMatchObject({ accepted: ["grace@example.com", "hidden@example.com"], messageId: mail.messageId });
    expect(sent[0]?.Destination.ToAddresses).toEqual(["grace@example.com", "hidden@example.com"]);
    expect(sent[0]?.Content.Raw.Data.equals(await mail.bytes())).toBe(true);
  });

  test("has nothing to verify where nothing is connected", async () => {
    const transport = fromNodemailer(createTransport({ jsonTransport: true }));
    expect(await failureOf(transport.verify?.() ?? Promise.resolve())).toMatchObject({ code: "unsupported" });
  });

  test("gives nothing to parse to any transporter", async () => {
    const given: NodemailerMessage[] = [];
    const transport = fromNodemailer({
      async sendMail(mail) {
        given.push(mail);
        for await (const _ of mail.raw);
      },
    });
    await transport.send(
      await build({ to: `"a@evil.example, b" <grace@example.com>`, envelope: { from: "", to: "grace@example.com" } }),
    );
    expect(given[0]?.envelope).toEqual({ from: "", to: [{ name: "", address: "grace@example.com" }] });
  });
});
