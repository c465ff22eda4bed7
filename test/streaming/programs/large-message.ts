import type { MessageInput } from "@edgepost/core";

const PIECE_BYTES = 65_536;

/** A message with an attachment of so many MiB, each piece of it made when it is asked for, as when a file is read. */
export function messageOf(mebibytes: number): MessageInput {
  let left = mebibytes * 1_048_576;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, left));
      piece.fill(left & 255);
      left -= piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
  return {
    from: "ada@example.com",
    to: "grace@example.com",
    subject: "A large one",
    attachments: [{ filename: "large.bin", content }],
  };
}
