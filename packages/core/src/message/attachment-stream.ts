import { isMailError, MailError } from "../errors.ts";
import type { AttachmentSource, Message } from "./message.ts";

/** Chunks as they come from outside: of a reader or an iterator, of any type until somebody has looked. */
export interface ChunkReader {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  /** Gives up what is behind, without waiting for it. */
  release(reason: unknown): void;
}

/** What went wrong with one attachment, as the error to throw. */
export type AttachmentFailure = (cause: unknown) => MailError;

/** What a streamed source is made of. */
interface StreamOptions {
  /** How the sender calls the attachment: its file name, or its path in the message. */
  readonly label: string;
  /** True when somebody else opened the stream: a second attempt must not send an empty part in its place. */
  readonly once: boolean;
  readonly size?: number;
  start(): ChunkReader | Promise<ChunkReader>;
}

/** A source that is started when its bytes are needed. */
export function streamSource({ label, once, size, start }: StreamOptions): AttachmentSource {
  let isOpened = false;
  return {
    kind: "stream",
    once,
    ...(size !== undefined && { size }),
    async open({ signal }) {
      const failure = attachmentFailure(label, signal);
      try {
        if (once && isOpened) throw new Error(READ_BEFORE);
        isOpened = true;
        const reader = once ? copying(await start()) : await start();
        // Started all the same: what is behind a reader can only be released through it.
        if (signal?.aborted) reader.release(signal.reason);
        signal?.throwIfAborted();
        return checkedStream(reader, signal, failure);
      } catch (error) {
        throw failure(error);
      }
    },
  };
}

const READ_BEFORE = "a stream can be read only once, and was. To send again, give bytes, a Blob or a file instead";

/**
 * Chunks of our own. Who opened the stream may fill the same buffer again for the next chunk, while this one still waits
 * for its signature or its server. Not `slice`, which copies nothing in a Node `Buffer`.
 */
function copying(reader: ChunkReader): ChunkReader {
  return {
    async read() {
      const { done, value } = await reader.read();
      return { done, value: isBytes(value) ? new Uint8Array(value) : value };
    },
    release: (reason) => reader.release(reason),
  };
}

/**
 * The bytes of a reader, pulled one chunk at a time when somebody wants them. Checks every chunk, and releases the
 * reader when the stream is cancelled, the signal aborts, or a chunk is none.
 */
export function checkedStream(
  reader: ChunkReader,
  signal: AbortSignal | undefined,
  failure: AttachmentFailure,
): ReadableStream<Uint8Array> {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const abort = () => fail(signal?.reason);
  const finish = () => signal?.removeEventListener("abort", abort);
  const fail = (cause: unknown) => {
    finish();
    controller.error(failure(cause));
    reader.release(cause);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
        signal?.addEventListener("abort", abort);
      },
      async pull() {
        try {
          const { done, value } = await reader.read();
          if (signal?.aborted) return;
          if (done) {
            finish();
            controller.close();
          } else if (isBytes(value)) controller.enqueue(value);
          else fail(`it gave a chunk that is a ${typeof value}, and must give Uint8Array; encode text as UTF-8 first`);
        } catch (error) {
          fail(error);
        }
      },
      cancel(reason) {
        finish();
        reader.release(reason);
      },
    },
    // Nothing is read before it is wanted: a slow server holds back the source, not memory.
    { highWaterMark: 0 },
  );
}

/**
 * Lets go of the streams of a message that will not be sent after all. One that was never opened has nobody who would
 * cancel it, and behind it may be a file or a connection; those already open were released by who reads them.
 */
export function releaseStreams({ attachments, raw }: Message, reason: unknown): void {
  const signal = AbortSignal.abort(reason);
  for (const source of [...attachments.map(({ content }) => content), ...(raw === undefined ? [] : [raw])]) {
    if (source.kind === "stream" && source.once) source.open({ signal }).catch(() => {});
  }
}

function attachmentFailure(label: string, signal: AbortSignal | undefined): AttachmentFailure {
  return (cause) => {
    if (isMailError(cause)) return cause;
    if (signal?.aborted) return new MailError("aborted", `Reading ${label} was aborted.`, { phase: "body", cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new MailError("attachment-failed", `${label} could not be read: ${reason}`, { phase: "body", cause });
  };
}

/** True for a Uint8Array, also one of another realm, and for the subclasses that runtimes have; not for one without its buffer. */
export function isBytes(value: unknown): value is Uint8Array {
  const isArray = Object.prototype.toString.call(value) === "[object Uint8Array]" && ArrayBuffer.isView(value);
  return isArray && !isTransferred(value.buffer);
}

/** True for a buffer that went to another thread or stream, and is empty here since: sent, it would be a file without its content. */
export function isTransferred(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
