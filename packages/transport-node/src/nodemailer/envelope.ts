import { type BodyForm, MailError, type Message, type OutgoingMail } from "@edgepost/core";
import type { SMTPEnvelope, SMTPEnvelopeDsn } from "nodemailer/lib/smtp-connection";

/** What nodemailer is to say of a message before the message itself, and what of its wishes is left out. */
export interface NodemailerEnvelope {
  readonly form: BodyForm;
  readonly parameters: Omit<SMTPEnvelope, "from" | "to">;
  readonly downgrades: readonly string[];
}

/**
 * Holds what a mail asks for against what the server offers and nodemailer can say.
 * @param isVerified The link is under TLS, with the server's certificate checked.
 * @throws MailError `smtputf8-unsupported`, `unsupported`; nothing was sent.
 */
export function composeEnvelope(
  mail: OutgoingMail,
  offered: ReadonlyMap<string, string>,
  isVerified: boolean,
): NodemailerEnvelope {
  const { message } = mail;
  refuseUnsafe(mail.envelope);
  const needsUtf8 = checkSmtpUtf8(mail, offered);
  if (message.requireTls && !(isVerified && offered.has("REQUIRETLS"))) {
    const why = isVerified ? "the server does not offer REQUIRETLS" : "this link has no TLS with a checked certificate";
    throw refusal("unsupported", `The message asks that every hop uses verified TLS, and ${why}.`);
  }

  // A raw message that is streamed may hold anything; nobody knows before it was read.
  const isEightBit = mail.eightBit ?? message.raw?.kind === "stream";
  const takesEightBit = offered.has("8BITMIME");
  const form = takesEightBit && (isEightBit || needsUtf8) ? "8bit" : "7bit";
  const offersDsn = offered.has("DSN");
  const dsn = offersDsn ? composeDsn(message.dsn, mail.envelope.to) : undefined;
  const downgrades = [
    ...(mail.eightBit && !takesEightBit ? ["8bitmime"] : []),
    ...(message.dsn && !offersDsn ? ["dsn"] : []),
    ...(message.dsn?.originalRecipient && dsn && dsn.orcpt === undefined ? ["dsn-original-recipient"] : []),
  ];
  return {
    form,
    parameters: { use8BitMime: form === "8bit", requireTLSExtensionEnabled: message.requireTls, ...(dsn && { dsn }) },
    downgrades,
  };
}

/** Every address was checked at the door, but for those of mail made by hand. Of these nodemailer lets NUL through. */
function refuseUnsafe({ from, to }: OutgoingMail["envelope"]): void {
  if (![from, ...to].some((address) => /[<>\x00-\x1f\x7f]/.test(address))) return;
  const message = "An address of the envelope has an angle bracket or a control character in it.";
  throw new MailError("invalid-message", message, { phase: "input" });
}

/** nodemailer says SMTPUTF8 by itself, for an envelope address that needs it. */
function checkSmtpUtf8({ message, envelope }: OutgoingMail, offered: ReadonlyMap<string, string>): boolean {
  const isInEnvelope = ![envelope.from, ...envelope.to].every(isAscii);
  if (!isInEnvelope && !message.needsSmtpUtf8) return false;
  if (!offered.has("SMTPUTF8")) {
    const what = "An address has letters outside ASCII before its @, and the server does not offer SMTPUTF8.";
    throw refusal("smtputf8-unsupported", what);
  }
  if (isInEnvelope) return true;
  throw refusal(
    "unsupported",
    "Only a header has an address with letters outside ASCII before its @. nodemailer cannot say so; nativeTransport can.",
  );
}

/** Delivery status notifications. nodemailer has one ORCPT for all recipients, which is right for one. */
export function composeDsn(dsn: Message["dsn"], recipients: readonly string[]): SMTPEnvelopeDsn | undefined {
  if (dsn === undefined) return undefined;
  const { notify, return: what, envelopeId, originalRecipient } = dsn;
  const [only] = recipients.length === 1 ? recipients : [];
  return {
    ...(notify !== undefined && { notify: typeof notify === "string" ? [notify] : [...notify] }),
    ...(what !== undefined && { ret: what === "full" ? "FULL" : "HDRS" }),
    ...(envelopeId !== undefined && { envid: envelopeId }),
    // Others would be `utf-8;…` (RFC 6533 section 3), which nodemailer cannot escape.
    ...(originalRecipient && only !== undefined && isAscii(only) && { orcpt: `rfc822;${only}` }),
  };
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

function refusal(code: "smtputf8-unsupported" | "unsupported", message: string): MailError {
  return new MailError(code, message, { phase: "mail" });
}
