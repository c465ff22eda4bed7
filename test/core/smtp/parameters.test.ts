import type { Message, OutgoingMail } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { type Capabilities, NO_CAPABILITIES } from "../../../packages/core/src/smtp/capabilities.ts";
import { chooseParameters } from "../../../packages/core/src/smtp/parameters.ts";
import { aMessage, anAttachment } from "../../support/message.ts";

const EVERYTHING: Capabilities = {
  ...NO_CAPABILITIES,
  chunking: true,
  binaryMime: true,
  eightBitMime: true,
  smtpUtf8: true,
  dsn: true,
  requireTls: true,
};

function aMail(fields: Partial<Message> = {}, hints: Pick<OutgoingMail, "eightBit"> = {}): OutgoingMail {
  const message = aMessage(fields);
  return {
    message,
    envelope: message.envelope,
    messageId: message.messageId,
    bytes: async () => new Uint8Array(),
    stream: () => new Blob([]).stream(),
    ...hints,
  };
}

const rawStream = { kind: "stream", once: true, open: async () => new Blob([]).stream() } as const;
const rawBytes = { kind: "bytes", bytes: new Uint8Array() } as const;

describe("the form of the body", () => {
  test.each([
    ["a plain message", aMail(), EVERYTHING, "7bit"],
    ["an attachment", aMail({ attachments: [anAttachment()] }), EVERYTHING, "binary"],
    [
      "an attachment, without CHUNKING",
      aMail({ attachments: [anAttachment()] }),
      { ...EVERYTHING, chunking: false },
      "7bit",
    ],
    [
      "an attachment, without BINARYMIME",
      aMail({ attachments: [anAttachment()] }),
      { ...EVERYTHING, binaryMime: false },
      "7bit",
    ],
    ["an internationalised address", aMail({ needsSmtpUtf8: true }), EVERYTHING, "8bit"],
    ["a raw message of seven bits", aMail({ raw: rawBytes }, { eightBit: false }), EVERYTHING, "7bit"],
    ["a raw message of eight bits", aMail({ raw: rawBytes }, { eightBit: true }), EVERYTHING, "8bit"],
    ["a raw message nobody has read yet", aMail({ raw: rawStream }), EVERYTHING, "8bit"],
    ["a raw message, without 8BITMIME", aMail({ raw: rawStream }), NO_CAPABILITIES, "7bit"],
  ])("%s", (_, mail, offered, form) => {
    expect(chooseParameters(mail, offered, true).form).toBe(form);
  });

  test("eight bits where the server promises seven is a downgrade, and named", () => {
    const mail = aMail({ raw: rawBytes }, { eightBit: true });
    expect(chooseParameters(mail, NO_CAPABILITIES, true).downgrades).toEqual(["8bitmime"]);
    expect(chooseParameters(mail, EVERYTHING, true).downgrades).toEqual([]);
  });
});

describe("SMTPUTF8", () => {
  test.each([
    ["in a header", aMail({ needsSmtpUtf8: true })],
    ["in the envelope", aMail({ envelope: { from: "a@x", to: ["grüße@x"] } })],
  ])("is asked for when an address needs it %s, and missed when it is not offered", (_, given) => {
    const mail = { ...given, envelope: given.message.envelope };
    expect(chooseParameters(mail, EVERYTHING, true).mail.smtpUtf8).toBe(true);
    expect(() => chooseParameters(mail, NO_CAPABILITIES, true)).toThrow(
      expect.objectContaining({ code: "smtputf8-unsupported", phase: "mail", retryable: false }),
    );
  });

  test("is not asked for when nobody needs it", () => {
    expect(chooseParameters(aMail(), EVERYTHING, true).mail.smtpUtf8).toBe(false);
  });
});

describe("DSN", () => {
  const dsn = { notify: ["failure"], return: "headers", envelopeId: "id", originalRecipient: true } as const;

  test("is asked for where it is offered", () => {
    const { mail, rcpt, downgrades } = chooseParameters(aMail({ dsn }), EVERYTHING, true);
    expect(mail).toMatchObject({ ret: "HDRS", envId: "id" });
    expect(rcpt).toEqual({ notify: ["failure"], originalRecipient: true });
    expect(downgrades).toEqual([]);
  });

  test("is a downgrade where it is not", () => {
    const { mail, rcpt, downgrades } = chooseParameters(aMail({ dsn }), NO_CAPABILITIES, true);
    expect([mail.ret, mail.envId, rcpt.notify, rcpt.originalRecipient]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(downgrades).toEqual(["dsn"]);
  });
});

describe("REQUIRETLS", () => {
  const mail = aMail({ requireTls: true });

  test("is asked for under verified TLS", () => {
    expect(chooseParameters(mail, EVERYTHING, true).mail.requireTls).toBe(true);
  });

  test.each([
    ["in clear text or under a certificate nobody checked", EVERYTHING, false],
    ["when the server does not offer it", NO_CAPABILITIES, true],
  ])("is refused %s", (_, offered, isVerified) => {
    expect(() => chooseParameters(mail, offered, isVerified)).toThrow(
      expect.objectContaining({ code: "unsupported", phase: "mail" }),
    );
  });
});
