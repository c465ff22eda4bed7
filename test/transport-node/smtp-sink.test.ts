import { buildMime, type SmtpConnection, type Transport } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { describeWithSmtpSink, type SmtpSinkOptions, startSmtpSink } from "../support/smtp-sink.ts";

const mail = await buildMime({
  from: "ada@example.com",
  to: ["grace@example.com", "alan@example.com"],
  subject: "Hello",
  text: ".\n..\nGrüße\n",
  attachments: { "bytes.bin": Uint8Array.from({ length: 100_000 }, (_, index) => index % 256) },
});

describeWithSmtpSink("against Postfix's smtp-sink", () => {
  describe.each(nodeTransports)("$name", ({ create }) => {
    const withSink = async <Result>(
      options: SmtpSinkOptions,
      use: (transport: Transport, sink: Awaited<ReturnType<typeof startSmtpSink>>) => Promise<Result>,
      connection: Partial<SmtpConnection> = {},
    ) => {
      await using sink = await startSmtpSink(options);
      const { host, port } = sink;
      const transport = create({ host, port, security: "none", ...connection });
      try {
        return await use(transport, sink);
      } finally {
        await transport.close?.();
      }
    };

    test.each([
      ["with everything it offers", []],
      ["without pipelining", ["-p"]],
      ["without 8BITMIME", ["-8"]],
      ["without ESMTP", ["-e"]],
      ["looking like a Cisco PIX", ["-P"]],
    ])("delivers every byte, %s", async (_how, flags) => {
      await withSink({ flags, keep: true }, async (transport, sink) => {
        await transport.send(mail);
        const [received] = await sink.messages();
        expect(received?.mail).toMatch(/^<ada@example\.com>/);
        expect(received?.recipients.map((path) => path.split(" ")[0])).toEqual([
          "<grace@example.com>",
          "<alan@example.com>",
        ]);
        expect(received?.text).toBe(
          Buffer.from(await mail.bytes())
            .toString("latin1")
            .replaceAll("\r\n", "\n"),
        );
      });
    });

    test.each([
      ["-f", "MAIL", "sender-rejected", false],
      ["-f", "RCPT", "recipients-rejected", false],
      ["-f", "DATA", "message-rejected", false],
      ["-f", ".", "message-rejected", false],
      ["-r", "MAIL", "sender-rejected", true],
      ["-r", "RCPT", "recipients-rejected", true],
      ["-r", "DATA", "message-rejected", true],
      ["-r", ".", "message-rejected", true],
      ["-Q", "MAIL", "sender-rejected", true],
      ["-Q", "DATA", "message-rejected", true],
      ["-q", "CONNECT", "connection-lost", true],
      ["-q", "EHLO", "connection-lost", true],
      ["-q", "MAIL", "connection-lost", true],
      ["-q", "DATA", "connection-lost", true],
      ["-q", ".", "delivery-unknown", false],
    ])("calls what happens with %s %s by its name", async (flag, command, code, retryable) => {
      await withSink({ flags: [flag, command] }, async (transport) => {
        expect(await failureOf(transport.send(mail))).toMatchObject({ code, retryable });
      });
    });

    test("falls back to HELO", async () => {
      await withSink({ flags: ["-f", "EHLO"] }, async (transport) => {
        expect((await transport.send(mail)).accepted).toHaveLength(2);
      });
    });

    test("waits for a server that is slow at DATA", async () => {
      await withSink({ flags: ["-w", "1"] }, async (transport) => {
        expect((await transport.send(mail)).accepted).toHaveLength(2);
      });
    });

    test("sends a thousand messages over five connections", async () => {
      await withSink({}, async (transport) => {
        const receipts = await Promise.all(Array.from({ length: 1_000 }, () => transport.send(mail)));
        expect(receipts.every(({ accepted }) => accepted.length === 2)).toBe(true);
      });
    });
  });
});
