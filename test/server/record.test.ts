import { buildMime, type MessageInput } from "@edgepost/core";
import { expect, test } from "vitest";
import { allQueued } from "../../packages/server/src/messages/recipients.ts";
import { toBody, toMail } from "../../packages/server/src/messages/record.ts";
import { settle } from "../../packages/server/src/messages/settle.ts";
import type { MessageRecord } from "../../packages/server/src/store/message-record.ts";

const BASE: MessageInput = { from: "a@example.com", to: "b@example.com", subject: "Grüße", text: ".\r\nHello\r\n" };
const EIGHT_BIT = new TextEncoder().encode("From: a@example.com\r\nTo: b@example.com\r\nSubject: é\r\n\r\nGrüße");

test.each<[string, MessageInput]>([
  [
    "with text, HTML and an attachment",
    { ...BASE, html: "<p>Hello</p>", attachments: { "a.bin": new Uint8Array(5_000) } },
  ],
  ["with blind copies", { ...BASE, bcc: "hidden@example.com" }],
  ["with a bounce address of nobody", { ...BASE, envelope: { from: "", to: ["b@example.com"] } }],
  ["with international addresses", { ...BASE, to: "zoë@example.com" }],
  [
    "with wishes for delivery",
    { ...BASE, requireTls: true, dsn: { notify: ["failure"], return: "headers", envelopeId: "7" } },
  ],
  [
    "with an attached message of eight bits",
    { ...BASE, attachments: [{ content: EIGHT_BIT, contentType: "message/rfc822" }] },
  ],
  ["that was ready, in eight bits", { raw: EIGHT_BIT }],
  [
    "with an attachment that is streamed",
    { ...BASE, attachments: [{ filename: "a.txt", content: new Blob(["Hello"]) }] },
  ],
])("a message %s comes out of the store as it went in", async (_name, input) => {
  const mail = await settle(await buildMime(input), 1_000_000);
  const { envelope } = mail;
  const record = { envelope, recipients: allQueued(envelope.to) } as unknown as MessageRecord;
  const body = await toBody(mail, false);
  const again = await toMail(record, body);
  const form = mail.eightBit ? "8bit" : "7bit";
  expect(Buffer.from(await again.bytes()).toString("latin1")).toBe(
    Buffer.from(await mail.bytes(form)).toString("latin1"),
  );
  expect(again.envelope).toEqual(envelope);
  expect(again.messageId).toBe(input.raw === undefined ? mail.messageId : again.messageId);
  // Where addresses are international, so is the header, which is known of a ready message.
  expect(again.eightBit ?? false).toBe(mail.eightBit || mail.message.needsSmtpUtf8 || false);
  expect(again.message.needsSmtpUtf8).toBe(mail.message.needsSmtpUtf8);
  expect({ dsn: again.message.dsn, requireTls: again.message.requireTls }).toEqual({
    dsn: mail.message.dsn,
    requireTls: mail.message.requireTls,
  });
});
