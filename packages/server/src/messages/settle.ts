import { MailError, type OutgoingMail } from "@edgepost/core";

/** Mail that can be sent without asking anybody else for anything. */
export interface SettledMail extends OutgoingMail {
  /** Octets of the message. */
  readonly size: number;
}

/**
 * The same mail with everything it needs at hand: what has to be fetched was, and it is not too large. Done before
 * anything is connected, so that no mail server waits for a web server.
 *
 * Files of a form are in memory already: the message is made from them while it is sent, and is here only counted.
 *
 * @throws MailError `message-too-large`, `attachment-failed`.
 */
export async function settle(mail: OutgoingMail, maxBytes: number): Promise<SettledMail> {
  if (mail.streamed && !isAtHand(mail)) return settle(await readAll(mail, maxBytes), maxBytes);
  if (mail.streamed) return { ...mail, ...(await measure(mail, maxBytes)) };
  // An attached message of eight bits may not be encoded: whether the mail server takes it is for that to say.
  const { length: size } = await mail.bytes(mail.eightBit ? "8bit" : "7bit");
  if (size > maxBytes) throw tooLarge(maxBytes);
  return { ...mail, size };
}

function isAtHand({ message }: OutgoingMail): boolean {
  return message.attachments.every(({ content }) => content.kind === "bytes" || !(content.once || content.mayChange));
}

/** An attached message that is streamed may hold octets above 127; here it is seen whether it does. */
async function measure(mail: OutgoingMail, maxBytes: number): Promise<Pick<SettledMail, "size" | "eightBit">> {
  let size = 0;
  let eightBit = false;
  for await (const chunk of mail.stream()) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    if (mail.eightBit) eightBit ||= chunk.some((octet) => octet > 127);
  }
  return { size, eightBit };
}

async function readAll(mail: OutgoingMail, maxBytes: number): Promise<OutgoingMail> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of mail.stream()) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  // Each chunk is let go once it is copied, so that the message is not there twice.
  for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return {
    ...mail,
    streamed: false,
    once: false,
    bytes: async () => bytes,
    stream: () => new Blob([bytes]).stream(),
  };
}

function tooLarge(maxBytes: number): MailError {
  const detail = `The message is larger than the ${maxBytes} octets this server sends.`;
  return new MailError("message-too-large", detail, { phase: "input" });
}
