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
  createEncoder(): ChunkEncoder;
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
  const pieces: Uint8Array[] = [];
  for (const segment of joinTexts(segments)) {
    if (typeof segment === "string") pieces.push(encodeUtf8(segment));
    else if (segment instanceof Uint8Array) pieces.push(segment);
    else if (segment.source.kind === "bytes") pieces.push(...encodeWhole(segment, segment.source.bytes));
    else return collectStreams(segments);
  }
  return concatBytes(pieces);
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

export async function* readSegments(segments: readonly Segment[], signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const segment of joinTexts(segments)) {
    if (typeof segment === "string") yield encodeUtf8(segment);
    else if (segment instanceof Uint8Array) yield segment;
    else yield* encodeContent(segment, signal);
  }
}

async function collectStreams(segments: readonly Segment[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of readSegments(segments)) pieces.push(chunk);
  return concatBytes(pieces);
}

function encodeWhole(content: Content, bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const encoder = content.createEncoder();
  return [encoder.push(bytes), encoder.end()];
}

async function* encodeContent(content: Content, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const encoder = content.createEncoder();
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

/** Neighbouring texts as one, to be encoded in one pass. */
function* joinTexts(segments: readonly Segment[]): Generator<Segment> {
  let text = "";
  for (const segment of segments) {
    if (typeof segment === "string") {
      text += segment;
    } else {
      if (text !== "") yield text;
      text = "";
      yield segment;
    }
  }
  if (text !== "") yield text;
}
