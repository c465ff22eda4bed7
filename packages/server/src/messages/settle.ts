import { MailError, type OutgoingMail } from "@edgepost/core";

/**
 * The same mail with everything it needs at hand: what has to be fetched was, and it is not too large. Done before
 * anything is connected, so that no mail server waits for a web server.
 *
 * @throws MailError `message-too-large`, `attachment-failed`.
 */
export async function settle(mail: OutgoingMail, maxBytes: number): Promise<OutgoingMail> {
  if (!mail.streamed) {
    if ((await mail.bytes()).length > maxBytes) throw tooLarge(maxBytes);
    return mail;
  }
  const message = new Blob(await readUpTo(mail.stream(), maxBytes));
  const bytes = new Uint8Array(await message.arrayBuffer());
  return { ...mail, streamed: false, once: false, bytes: async () => bytes, stream: () => message.stream() };
}

async function readUpTo(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<BlobPart[]> {
  const chunks: BlobPart[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk.slice());
  }
  return chunks;
}

function tooLarge(maxBytes: number): MailError {
  const detail = `The message is larger than the ${maxBytes} octets this server sends.`;
  return new MailError("message-too-large", detail, { phase: "input" });
}
