import { createMailer, type Transport } from "@edgepost/core";

const CHUNK_BYTES = 65_536;

/** Sends one message with an attachment of so many MiB that nobody holds in memory, and gives its size on the wire. */
export async function sendStream(transport: Transport, mebibytes: number): Promise<number> {
  const mailer = createMailer({ transport });
  const receipt = await mailer.send({
    from: "ada@example.com",
    to: "grace@example.com",
    subject: "Large",
    attachments: [{ filename: "large.bin", content: stream(mebibytes) }],
  });
  await mailer.close();
  return receipt.size;
}

function stream(mebibytes: number): ReadableStream<Uint8Array> {
  let left = mebibytes * 1024 * 1024;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, left)).fill(left % 251);
        left -= chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        if (left === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
