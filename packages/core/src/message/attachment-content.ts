import { decodeBase64 } from "../util/base64.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import type { ChunkReader } from "./attachment-stream.ts";
import { isBytes, isTransferred, streamSource } from "./attachment-stream.ts";
import type { AttachmentSource } from "./message.ts";

/** Where the bytes come from, or what is wrong with the content. */
export type ContentSource = AttachmentSource | { readonly fault: string };

/**
 * The content of an attachment as a source. Bytes are not copied: they are large, and must not change until the send
 * has ended.
 *
 * @param label how messages about it call it.
 */
export function contentSource(content: unknown, encoding: "utf-8" | "base64", label: string): ContentSource {
  if (typeof content === "string") return encoding === "base64" ? base64Source(content) : textSource(content);
  if (encoding === "base64")
    return { fault: "must be a string, as `encoding` says: bytes and streams are sent as they are" };
  if (isBytes(content)) return { kind: "bytes", bytes: content };
  const buffer = ArrayBuffer.isView(content) ? content.buffer : content;
  if (isArrayBuffer(buffer) && isTransferred(buffer)) return { fault: "holds bytes that were transferred elsewhere" };
  if (isArrayBuffer(content)) return { kind: "bytes", bytes: new Uint8Array(content) };
  if (isBlob(content)) {
    return streamSource({ label, once: false, size: content.size, start: () => streamReader(content.stream()) });
  }
  if (isStream(content)) {
    if (content.locked) return { fault: "is a stream that is being read already" };
    return streamSource({ label, once: true, start: () => streamReader(content) });
  }
  if (isAsyncIterable(content)) return streamSource({ label, once: true, start: () => iteratorReader(content) });
  if (content === undefined) return { fault: "is missing: give `content`, `url` or `path`" };
  return { fault: "must be a string, Uint8Array, ArrayBuffer, Blob, ReadableStream or AsyncIterable" };
}

function textSource(text: string): ContentSource {
  return { kind: "bytes", bytes: encodeUtf8(text) };
}

/** White space is allowed, since base64 comes in lines; anything else is not base64, and no guess makes it so. */
function base64Source(text: string): ContentSource {
  const bytes = decodeBase64(text.replace(/[ \t\r\n]+/g, ""));
  return bytes === undefined ? { fault: "is not base64 (RFC 4648 section 4)" } : { kind: "bytes", bytes };
}

export function streamReader(stream: ReadableStream<unknown>): ChunkReader {
  const reader = stream.getReader();
  return { read: () => reader.read(), release: (reason) => void reader.cancel(reason).catch(ignore) };
}

function iteratorReader(iterable: AsyncIterable<unknown> & { destroy?: unknown }): ChunkReader {
  const iterator = iterable[Symbol.asyncIterator]();
  return {
    read: () => iterator.next(),
    release() {
      // The iterator of a Node stream waits for the chunk that may never come before it lets go; `destroy` does not.
      if (typeof iterable.destroy === "function") iterable.destroy();
      else Promise.resolve(iterator.return?.()).catch(ignore);
    },
  };
}

/** Of a source that is given up: how that went changes nothing any more. */
function ignore(): void {}

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

/** By shape: a runtime may have several classes called `Blob`, and a form library its own. */
export function isBlob(value: unknown): value is Blob & { readonly name?: unknown } {
  return /^\[object (?:Blob|File)\]$/.test(Object.prototype.toString.call(value));
}

export function isStream(value: unknown): value is ReadableStream<unknown> {
  return typeof value === "object" && value !== null && "getReader" in value && typeof value.getReader === "function";
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
