import type { AttachmentSource } from "../message/message.ts";
import { concatBytes, encodeUtf8 } from "../util/bytes.ts";

/** A message on its way to bytes: text and bytes in their order, and contents that are yet to be read and encoded. */
export type Segment = string | Uint8Array | Content;

export interface Content {
  readonly source: AttachmentSource;
  /** What to call it in an error: `The attachment "report.pdf"`. */
  readonly label: string;
  /** True when it always ends in CRLF. */
  readonly endsLine: boolean;
  readonly encoding: ContentEncoding;
}

export interface ContentEncoding {
  createEncoder(): ChunkEncoder;
  /** All at once, into its place in the message: for an encoding whose length is known beforehand. */
  readonly whole?: {
    length(octets: number): number;
    write(octets: Uint8Array, target: Uint8Array): void;
  };
}

/** Turns chunks into chunks and does not care where they are cut. It may return the very chunk it was given. */
export interface ChunkEncoder {
  push(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** Whole base64 lines, about 64 KiB of them: contents at hand are encoded in slices of this many octets. */
const SLICE_OCTETS = 57 * 840;

/** The bytes of all segments: at once where everything is at hand, without a stream or a promise. */
export function collectSegments(segments: readonly Segment[]): Uint8Array | Promise<Uint8Array> {
  if (segments.every((segment) => typeof segment === "string")) return encodeUtf8(segments.join(""));
  const pieces: Piece[] = [];
  let length = 0;
  for (const segment of segments) {
    const piece = pieceOf(segment);
    if (piece === undefined) return collectStreams(segments);
    pieces.push(piece);
    length += piece.length;
  }
  const message = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    piece.write(message.subarray(at, at + piece.length));
    at += piece.length;
  }
  return message;
}

/** The same bytes as a stream: a source is opened when its turn comes, and let go when the reader goes away. */
export function streamSegments(
  segments: (signal: AbortSignal) => readonly Segment[] | Promise<readonly Segment[]>,
): ReadableStream<Uint8Array> {
  const reading = new AbortController();
  let chunks: AsyncGenerator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        chunks ??= readSegments(await segments(reading.signal), reading.signal);
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel(reason) {
        reading.abort(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What is at hand between two contents comes in one chunk. */
export async function* readSegments(segments: readonly Segment[], signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let atHand: Uint8Array[] = [];
  for (const segment of segments) {
    if (typeof segment === "string") atHand.push(encodeUtf8(segment));
    else if (segment instanceof Uint8Array) atHand.push(segment);
    else {
      if (atHand.length > 0) yield concatBytes(atHand);
      atHand = [];
      yield* encodeContent(segment, signal);
    }
  }
  if (atHand.length > 0) yield concatBytes(atHand);
}

async function collectStreams(segments: readonly Segment[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of readSegments(segments)) pieces.push(chunk);
  return concatBytes(pieces);
}

interface Piece {
  readonly length: number;
  write(target: Uint8Array): void;
}

/** `undefined` for what has to be read from a stream. */
function pieceOf(segment: Segment): Piece | undefined {
  if (typeof segment === "string") return bytesPiece(encodeUtf8(segment));
  if (segment instanceof Uint8Array) return bytesPiece(segment);
  const { source, encoding } = segment;
  if (source.kind === "stream") return undefined;
  const { whole } = encoding;
  if (whole !== undefined) {
    return { length: whole.length(source.bytes.length), write: (target) => whole.write(source.bytes, target) };
  }
  const encoder = encoding.createEncoder();
  return bytesPiece(concatBytes([encoder.push(source.bytes), encoder.end()]));
}

function bytesPiece(bytes: Uint8Array): Piece {
  return { length: bytes.length, write: (target) => target.set(bytes) };
}

async function* encodeContent(content: Content, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const encoder = content.encoding.createEncoder();
  for await (const chunk of readContent(content, signal)) {
    for (let from = 0; from < chunk.length; from += SLICE_OCTETS) {
      const encoded = encoder.push(chunk.subarray(from, from + SLICE_OCTETS));
      if (encoded.length > 0) yield encoded;
    }
  }
  const rest = encoder.end();
  if (rest.length > 0) yield rest;
}

/**
 * The bytes of a content as its source delivers them. Sources are made at the door: they check their chunks, fail with
 * `attachment-failed`, refuse a second reading that cannot be, and let go when the signal aborts.
 */
export async function* readContent({ source }: Content, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (source.kind === "bytes") {
    yield source.bytes;
    return;
  }
  const reader = (await source.open({ signal })).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    // Of no effect after the end; not awaited, since a source may take its time to close.
    reader.cancel().catch(() => {});
  }
}
