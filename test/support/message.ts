import type { Attachment, Message, OutgoingMail } from "@edgepost/core";
import { composeMessage } from "../../packages/core/src/mime/compose.ts";
import type { Signer } from "../../packages/core/src/mime/signer.ts";

/** A message as the door would hand it over: plain, and with the fields a test is about. */
export function aMessage(fields: Partial<Message> = {}): Message {
  return {
    from: [{ address: "ada@example.com" }],
    replyTo: [],
    to: [{ address: "grace@example.com" }],
    cc: [],
    bcc: [],
    subject: "Hello",
    alternatives: [],
    attachments: [],
    headers: [],
    messageId: "<1@example.com>",
    date: new Date(Date.UTC(2025, 2, 5, 9, 30)),
    inReplyTo: [],
    references: [],
    priority: "normal",
    requireTls: false,
    envelope: { from: "ada@example.com", to: ["grace@example.com"] },
    needsSmtpUtf8: false,
    ...fields,
  };
}

/** A PDF of three octets, and with the fields a test is about. */
export function anAttachment(fields: Partial<Attachment> = {}): Attachment {
  return {
    filename: "invoice.pdf",
    contentType: "application/pdf",
    disposition: "attachment",
    headers: [],
    content: { kind: "bytes", bytes: Uint8Array.of(1, 2, 3) },
    ...fields,
  };
}

/** Mail with nothing left to chance. */
export function mailOf(fields: Partial<Message> = {}, signers: readonly Signer[] = []): OutgoingMail {
  return composeMessage(aMessage(fields), { random: countingBytes, clock: () => new Date(0), signers });
}

/** The message as text, one character for each octet. */
export async function sourceOf(fields: Partial<Message> = {}, signers: readonly Signer[] = []): Promise<string> {
  return latin1(await mailOf(fields, signers).bytes());
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** 0, 1, 2 …: random enough for a boundary, and the same each time. */
export function countingBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => index);
}

/** So that a change to it throws. Bytes cannot be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
