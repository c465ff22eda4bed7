import { expect, test } from "vitest";
import { bodyFromStream } from "../../packages/transport-node/src/nodemailer/message-body.ts";

const nobody = { onPiece() {}, onEnd() {}, onFailure() {} };

test("gathers what a stream gives octet by octet, so that it is not sent octet by octet", async () => {
  const octets = Uint8Array.from({ length: 40_000 }, (_, index) => index);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(octets.slice(at, ++at));
      if (at === octets.length) controller.close();
    },
  });

  const pieces: Uint8Array[] = [];
  for await (const piece of bodyFromStream(stream, nobody)) pieces.push(piece);

  expect(Buffer.concat(pieces).equals(octets)).toBe(true);
  expect(pieces.length).toBeLessThanOrEqual(3);
});
