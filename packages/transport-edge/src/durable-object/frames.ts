import { MailError } from "@edgepost/core";

/**
 * A body in frames, each behind its length, the last one empty. Where a stream fails on its way from a Worker to a Durable
 * Object, the other side sees it end like any other: without the last frame half a message would be sent as a whole.
 */
export function writeFrames(first: Uint8Array, rest?: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest?.getReader();
  return new ReadableStream({
    start(controller) {
      controller.enqueue(lengthOf(first));
      controller.enqueue(first);
    },
    async pull(controller) {
      const piece = await nextPiece(reader);
      controller.enqueue(lengthOf(piece));
      if (piece.length === 0) controller.close();
      else controller.enqueue(piece);
    },
    cancel: (reason) => reader?.cancel(reason),
  });
}

/** Reads what {@link writeFrames} wrote. */
export class FrameReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What came and was not taken. */
  #rest: Uint8Array = NOTHING;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** One whole frame. */
  async next(): Promise<Uint8Array> {
    return this.#exactly(await this.#length());
  }

  /** All frames up to the empty one, in pieces as they come. */
  stream(): ReadableStream<Uint8Array> {
    let left = 0;
    return new ReadableStream({
      pull: async (controller) => {
        if (left === 0) left = await this.#length();
        if (left === 0) return controller.close();
        const piece = await this.#atMost(left);
        left -= piece.length;
        controller.enqueue(piece);
      },
      cancel: (reason) => this.#reader.cancel(reason),
    });
  }

  async #length(): Promise<number> {
    const bytes = await this.#exactly(LENGTH_BYTES);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  }

  async #exactly(length: number): Promise<Uint8Array> {
    const whole = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const piece = await this.#atMost(length - at);
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** At least one octet. @throws MailError `attachment-failed` when no more come, though they should. */
  async #atMost(length: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) throw new MailError("attachment-failed", "The message broke off on its way.", { phase: "body" });
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }
}

/** Nothing at the end only: an empty chunk is none. */
async function nextPiece(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<Uint8Array> {
  for (;;) {
    const read = await reader?.read();
    if (read === undefined || read.done) return NOTHING;
    if (read.value.length > 0) return read.value;
  }
}

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array();

function lengthOf(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  return bytes;
}
