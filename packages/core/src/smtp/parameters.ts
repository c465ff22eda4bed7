import { MailError } from "../errors.ts";
import type { Message } from "../message/message.ts";
import { type BodyForm, needsSmtpUtf8, type OutgoingMail } from "../outgoing.ts";
import type { Capabilities } from "./capabilities.ts";
import type { MailParameters, RcptParameters } from "./command.ts";

/** What of a mail's wishes this server can be asked for. */
export interface Parameters {
  /** The form the body is asked for. */
  readonly form: BodyForm;
  readonly mail: MailParameters;
  readonly rcpt: RcptParameters;
  /** Wishes the server does not offer and the message can be sent without. */
  readonly downgrades: readonly string[];
}

/**
 * Holds what a mail asks for against what the server offers.
 * @param isVerified The link is under TLS, with the server's certificate checked.
 * @throws MailError `smtputf8-unsupported`; `unsupported` for REQUIRETLS. Nothing was sent.
 */
export function chooseParameters(mail: OutgoingMail, offered: Capabilities, isVerified: boolean): Parameters {
  const { message } = mail;
  const smtpUtf8 = needsSmtpUtf8(mail);
  if (smtpUtf8 && !offered.smtpUtf8) {
    throw refused(
      "smtputf8-unsupported",
      "An address has letters outside ASCII before its @, and the server does not offer SMTPUTF8.",
    );
  }
  if (message.requireTls && !(offered.requireTls && isVerified)) {
    const why = isVerified
      ? "the server does not offer REQUIRETLS"
      : "this link is not under TLS with a checked certificate";
    throw refused("unsupported", `The message asks that every hop uses verified TLS, and ${why}.`);
  }

  const downgrades: string[] = [];
  const form = chooseForm(mail, offered, smtpUtf8);
  if (mail.eightBit && form === "7bit") downgrades.push("8bitmime");
  if (message.dsn !== undefined && !offered.dsn) downgrades.push("dsn");
  const dsn = offered.dsn ? message.dsn : undefined;
  return {
    form,
    mail: { smtpUtf8, requireTls: message.requireTls, ret: returnOf(dsn), envId: dsn?.envelopeId },
    rcpt: { notify: dsn?.notify, originalRecipient: dsn?.originalRecipient },
    downgrades,
  };
}

/**
 * 7bit is what no server on the way ever has to convert. 8bit is asked for where the message holds such octets anyway,
 * binary where an attachment saves the third that base64 costs.
 */
function chooseForm(mail: OutgoingMail, offered: Capabilities, smtpUtf8: boolean): BodyForm {
  const { raw, attachments } = mail.message;
  if (raw === undefined && attachments.length > 0 && offered.binaryMime && offered.chunking) return "binary";
  // Of a raw message that is streamed nobody knows before it was read.
  const isEightBit = mail.eightBit ?? raw?.kind === "stream";
  return (smtpUtf8 || isEightBit) && offered.eightBitMime ? "8bit" : "7bit";
}

function returnOf(dsn: Message["dsn"]): MailParameters["ret"] {
  if (dsn?.return === undefined) return undefined;
  return dsn.return === "full" ? "FULL" : "HDRS";
}

function refused(code: "smtputf8-unsupported" | "unsupported", message: string): MailError {
  return new MailError(code, message, { phase: "mail", retryable: false });
}
