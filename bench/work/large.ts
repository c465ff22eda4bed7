import { randomFillSync } from "node:crypto";
import type { Player } from "../harness/bench.ts";

/** What every builder of large messages is asked to do. */
export interface LargeTask {
  /** Of the attachment, in millions of octets. */
  readonly megabytes: number;
  /** Messages of one turn. */
  readonly messages: number;
  /** The whole message as one array of bytes, or as a stream that is read to its end. */
  readonly how: "bytes" | "stream";
}

/** One after another, each counted: base64 makes a third more of the attachment. */
export async function buildLarge(
  { megabytes, messages }: LargeTask,
  build: (attachment: Uint8Array) => Promise<number>,
): Promise<Player> {
  const attachment = randomFillSync(new Uint8Array(megabytes * 1e6));
  return {
    async turn() {
      for (let index = 0; index < messages; index++) {
        const octets = await build(attachment);
        if (octets < (attachment.length * 4) / 3) throw new Error(`A message has only ${octets} octets.`);
      }
    },
  };
}

export function largeLetter<Content>(content: Content) {
  return {
    from: "billing@acme.example",
    to: "ada@example.com",
    subject: "The video",
    text: "Here it is.",
    attachments: [{ filename: "video.bin", content }],
  };
}

export async function countOctets(stream: AsyncIterable<{ readonly length: number }>): Promise<number> {
  let octets = 0;
  for await (const chunk of stream) octets += chunk.length;
  return octets;
}
