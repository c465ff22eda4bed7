import { Readable } from "node:stream";

/** How much of a message is handed over at a time; the socket asks for more when it has room. */
const PIECE_BYTES = 64 * 1024;
/** What a stream gives in smaller chunks is gathered to as much: a TLS record holds no more (RFC 8446 section 5.1). */
const LEAST_PIECE_BYTES = 16 * 1024;

const NO_BYTES = "The stream of the message gave a chunk that is no Uint8Array.";

/** Told while nodemailer takes a message. */
export interface BodyWatch {
  /** A piece is asked for. Before the first, nothing of the message was sent. */
  onPiece(): void;
  /** Asked before a piece of a stream is handed over that makes it so large. False: it must not be. */
  hasRoomFor?(bytes: number): boolean;
  /** Awaited before the last is handed over; a rejection ends the message without its final dot. */
  beforeEnd?: (() => Promise<void>) | undefined;
  /** The last was handed over; nodemailer adds the final dot. */
  onEnd(bytes: number): void;
  /** The message could not be read to its end. */
  onFailure(error: unknown): void;
}

/** A finished message for nodemailer. */
export function bodyFromBytes(bytes: Uint8Array, watch: BodyWatch): Readable {
  let offset = 0;
  return new Readable({
    highWaterMark: PIECE_BYTES,
    read() {
      watch.onPiece();
      const piece = bytes.subarray(offset, offset + PIECE_BYTES);
      offset += piece.length;
      if (offset < bytes.length) this.push(piece);
      else end(this, watch, bytes.length, piece);
    },
  });
}

/** The same for one that is read while it is sent. */
export function bodyFromStream(stream: ReadableStream<Uint8Array>, watch: BodyWatch): Readable {
  const reader = stream.getReader();
  let bytes = 0;
  /** A chunk may be the whole message. In pieces of its own size, its end would be told long before it was sent. */
  let rest: Uint8Array = new Uint8Array();
  let isDone = false;
  return new Readable({
    highWaterMark: PIECE_BYTES,
    read() {
      watch.onPiece();
      const pushPiece = () => {
        const piece = rest.subarray(0, PIECE_BYTES);
        rest = rest.subarray(piece.length);
        bytes += piece.length;
        this.push(piece);
      };
      if (rest.length > 0) return pushPiece();
      if (isDone) return end(this, watch, bytes);
      gather(reader, watch).then(
        (gathered) => {
          ({ bytes: rest, isDone } = gathered);
          if (watch.hasRoomFor?.(bytes + rest.length) === false) return;
          if (rest.length > 0) return pushPiece();
          end(this, watch, bytes);
        },
        // Not by `destroy(error)`: nodemailer writes a code of its own into errors it is given.
        (error) => watch.onFailure(error),
      );
    },
    destroy(_error, callback) {
      const closed = () => callback(null);
      reader.cancel().then(closed, closed);
    },
  });
}

/** The next chunk, or so many small ones that they are worth a write; fewer only at the end. */
async function gather(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  watch: BodyWatch,
): Promise<{ readonly bytes: Uint8Array; readonly isDone: boolean }> {
  const chunks: Uint8Array[] = [];
  for (let length = 0; length < LEAST_PIECE_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return { bytes: Buffer.concat(chunks), isDone: true };
    if (!(value instanceof Uint8Array)) throw new TypeError(NO_BYTES);
    watch.onPiece(); // a stream that gives little at a time is slow, and not stalled
    chunks.push(value);
    length += value.length;
  }
  const [first = new Uint8Array()] = chunks;
  return { bytes: chunks.length === 1 ? first : Buffer.concat(chunks), isDone: false };
}

/** Hands the last piece over, if there is one, and the end. */
function end(body: Readable, watch: BodyWatch, bytes: number, last?: Uint8Array): void {
  const finish = () => {
    if (body.destroyed) return;
    watch.onEnd(bytes);
    if (last !== undefined) body.push(last);
    body.push(null);
  };
  if (watch.beforeEnd === undefined) finish();
  else watch.beforeEnd().then(finish, (error) => watch.onFailure(error));
}
