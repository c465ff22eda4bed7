import { concat, toHex } from "../encoding.ts";

/** One size, so that the same octets are the same blocks however they came, and as much as is on its way at once. */
const BLOCK_BYTES = 64 * 1024;

/**
 * The content of one part of a form: each octet is copied out of the request into a block, and is in memory once. Core
 * takes it for what it looks like, a `Blob`, and reads it as often as it likes.
 */
export class FormFile {
  readonly [Symbol.toStringTag] = "Blob";
  /** What type a part has stands beside it. */
  readonly type = "";
  readonly #blocks: Uint8Array<ArrayBuffer>[] = [];
  size = 0;

  write(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) {
      const used = this.size % BLOCK_BYTES;
      if (used === 0) this.#blocks.push(new Uint8Array(BLOCK_BYTES));
      const piece = bytes.subarray(offset, offset + BLOCK_BYTES - used);
      this.#blocks.at(-1)?.set(piece, used);
      this.size += piece.length;
      offset += piece.length;
    }
  }

  /** To be called when everything is written: the last block is as long as what is in it. */
  end(): void {
    const used = this.size % BLOCK_BYTES;
    if (used > 0) this.#blocks.push((this.#blocks.pop() ?? new Uint8Array()).slice(0, used));
  }

  /** The same for the same octets: SHA-256 over that of each block, in hex. */
  async digest(): Promise<string> {
    const digests = await Promise.all(this.#blocks.map(sha256));
    return toHex(await sha256(concat(digests, digests.length * 32)));
  }

  /** All of it in one piece, for what is read as a whole. */
  bytes(): Uint8Array<ArrayBuffer> {
    return concat(this.#blocks, this.size);
  }

  stream(): ReadableStream<Uint8Array> {
    const blocks = this.#blocks.values();
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const { done, value } = blocks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
