import type { Envelope } from "./message/envelope.ts";
import type { Message } from "./message/message.ts";
import { isAscii } from "./util/safe-text.ts";

/**
 * The octets a transport may carry, in SMTP's own words: `7bit` always, `8bit` with 8BITMIME (RFC 6152), `binary` with
 * BINARYMIME and CHUNKING (RFC 3030).
 */
export type BodyForm = "7bit" | "8bit" | "binary";

/** A message on its way: who it goes to, what it says, and its bytes, built when they are first asked for. */
export interface OutgoingMail {
  /** The checked message, for transports that speak something other than SMTP. */
  readonly message: Message;
  /** Bare addresses, at least one recipient. Bcc lives only here. */
  readonly envelope: Envelope;
  /** With its angle brackets, the same over all attempts. Of a raw message without one it is made up, and not sent. */
  readonly messageId: string;
  /** The whole message, CRLF line ends, not dot-stuffed. Default form: `7bit`. */
  bytes(form?: BodyForm): Promise<Uint8Array>;
  /** The same bytes in constant memory, whatever the attachments weigh. Default form: `7bit`. */
  stream(form?: BodyForm): ReadableStream<Uint8Array>;

  // Hints. A transport works without them: mail made by hand, in a test or by an older version, may leave them out.

  /** True when the parts come from streams, files or URLs: prefer `stream()` over `bytes()`. */
  readonly streamed?: boolean;
  /** Octets of the form `7bit`, for mail that is streamed and was measured: the server hears them before it takes any. */
  readonly size?: number;
  /** True when the bytes can be read only once, so that a second attempt is impossible. */
  readonly once?: boolean;

  /**
   * True when it holds octets above 127 that may not be encoded: those of a raw message, which are there in every form,
   * or of an attached one, which only the forms `8bit` and `binary` can carry. Both need `BODY=8BITMIME`. Left out where
   * nobody knows yet, for a raw message that is streamed, and where there are none.
   */
  readonly eightBit?: boolean;
  /** True when the bytes carry signatures, which a transport that builds the message anew would lose. */
  readonly signed?: boolean;
}

/** The same mail to some of its recipients: same bytes, same Message-ID. */
export function readdress(mail: OutgoingMail, to: Envelope["to"]): OutgoingMail {
  const envelope = { from: mail.envelope.from, to };
  const { streamed, size, once, eightBit, signed } = mail;
  return {
    message: { ...mail.message, envelope },
    envelope,
    messageId: mail.messageId,
    bytes: (form) => mail.bytes(form),
    stream: (form) => mail.stream(form),
    ...(streamed !== undefined && { streamed }),
    ...(size !== undefined && { size }),
    ...(once !== undefined && { once }),
    ...(eightBit !== undefined && { eightBit }),
    ...(signed !== undefined && { signed }),
  };
}

/** True when an address of the envelope or of a header needs SMTPUTF8 (RFC 6531): its local part is not ASCII. */
export function needsSmtpUtf8(mail: OutgoingMail): boolean {
  return mail.message.needsSmtpUtf8 || [mail.envelope.from, ...mail.envelope.to].some((address) => !isAscii(address));
}
