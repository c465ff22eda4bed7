import { isMailError, type MailError } from "../errors.ts";
import type { BodyForm } from "../outgoing.ts";
import type { SendOptions } from "../transport.ts";
import { concatBytes } from "../util/bytes.ts";
import { bdat } from "./command.ts";
import { DotStuffing, LineEndFilter } from "./dot-stuffing.ts";
import { tellFinal } from "./final.ts";
import type { Link } from "./link.ts";
import { isNegative, isPositive } from "./reply.ts";
import type { SessionState } from "./session.ts";

/** A message as its transaction takes it: whole, with its line ends repaired, or a piece at a time. */
export type Body =
  | { readonly kind: "bytes"; readonly form: BodyForm; readonly bytes: Uint8Array }
  | { readonly kind: "stream"; readonly form: BodyForm; open(): ReadableStream<Uint8Array> };

/** What is written at once. Between two writes the server is listened to, and must have taken the one before. */
const SLICE_BYTES = 65_536;

/** What a source gives in smaller pieces is gathered to as much: a TLS record holds no more (RFC 8446 section 5.1). */
const LEAST_WRITE_BYTES = 16_384;

/** Octets of one BDAT chunk. Each has a line and a reply of its own, so they are not smaller. */
const CHUNK_BYTES = 262_144;

type OnFinal = SendOptions["onFinal"];

const NOTHING: Uint8Array = new Uint8Array();

/**
 * Writes the message after a 354, dots doubled, and its final dot last. Answers its size.
 *
 * The write of the final dot is the point of no return, and sets `state.isCommitted`. When anything ends the writing
 * before, the dot is never sent, and the server has no message.
 */
export async function writeData(state: SessionState, body: Body, onFinal: OnFinal): Promise<number> {
  const { link } = state;
  if (link.hasArrived) await makeRoom(state); // something came behind the 354
  link.phase = "body";
  const stuffing = new DotStuffing();
  let size = 0;
  let last = NOTHING;
  // What is at hand in one slice needs no generator (bench send-node).
  if (body.kind === "bytes" && body.bytes.length <= SLICE_BYTES) {
    last = body.bytes;
    size = last.length;
  } else {
    for await (const piece of readBody(state, body)) {
      if (last.length > 0) {
        link.write(stuffing.push(last));
        await makeRoom(state);
      }
      size += piece.length;
      last = piece;
    }
  }
  if (onFinal !== undefined) await tell(state, onFinal);
  link.write(stuffing.end(last));
  state.isCommitted = true;
  link.note(`(a message of ${size} octets, and its final dot)`);
  return size;
}

/** Writes the message by BDAT (RFC 3030). The write that ends the last chunk is the point of no return. */
export async function writeChunks(state: SessionState, body: Body, onFinal: OnFinal): Promise<number> {
  return body.kind === "bytes" ? writeOneChunk(state, body.bytes, onFinal) : writeManyChunks(state, body, onFinal);
}

async function writeOneChunk(state: SessionState, bytes: Uint8Array, onFinal: OnFinal): Promise<number> {
  if (onFinal !== undefined && bytes.length <= SLICE_BYTES) await tell(state, onFinal);
  state.link.command([bdat(bytes.length, true)], bytes.subarray(0, SLICE_BYTES));
  for (let start = SLICE_BYTES; start < bytes.length; start += SLICE_BYTES) {
    await makeRoom(state);
    if (onFinal !== undefined && start + SLICE_BYTES >= bytes.length) await tell(state, onFinal);
    state.link.write(bytes.subarray(start, start + SLICE_BYTES));
  }
  state.isCommitted = true;
  return bytes.length;
}

/** The size is not known before the end, so each chunk waits for the next to tell whether it is the last. */
async function writeManyChunks(state: SessionState, body: Body, onFinal: OnFinal): Promise<number> {
  const { link, capabilities, timeouts } = state;
  let pieces: Uint8Array[] = [];
  let chunkBytes = 0;
  let size = 0;
  let unanswered = 0;

  async function writeChunk(isLast: boolean): Promise<void> {
    // Chunks may be answered at any time, also while the next was made.
    while (link.hasArrived || (unanswered > 0 && !capabilities.pipelining)) {
      await hearChunk(state, unanswered > 0);
      unanswered--;
    }
    if (isLast && onFinal !== undefined) await tell(state, onFinal);
    const [first, ...others] = pieces;
    link.command([bdat(chunkBytes, isLast)], first);
    for (const piece of others) link.write(piece); // joined they would be copied once more, all of a large message
    state.isCommitted = isLast;
    unanswered++;
    pieces = [];
    chunkBytes = 0;
  }

  for await (const piece of readBody(state, body)) {
    if (chunkBytes >= CHUNK_BYTES) {
      await writeChunk(false);
      await link.drained(timeouts.progressMs);
    }
    pieces.push(piece);
    chunkBytes += piece.length;
    size += piece.length;
  }
  await writeChunk(true);
  for (; unanswered > 1; unanswered--) await hearChunk(state, true);
  return size;
}

/** What the server said while the caller was told counts, as at any other pause. */
async function tell(state: SessionState, onFinal: () => Promise<void>): Promise<void> {
  await tellFinal(state.link, state.timeouts.progressMs, onFinal);
  if (state.link.hasArrived) await makeRoom(state);
}

/** The reply to a chunk that is not the last. A refusal may come before the chunk it is about is complete. */
async function hearChunk({ link, timeouts }: SessionState, isExpected: boolean): Promise<void> {
  const reply = await link.reply(timeouts.progressMs);
  if (isNegative(reply)) throw link.refuse(reply, "The server refused a part of the message");
  if (!isExpected || !isPositive(reply)) throw link.unexpected(reply);
}

/** Waits until the server took what was written. One that answers before it has the message wants no more of it. */
async function makeRoom({ link, timeouts }: SessionState): Promise<void> {
  await link.drained(timeouts.progressMs);
  if (!link.hasArrived) return;
  const reply = await link.reply(timeouts.replyMs);
  throw isNegative(reply) ? link.refuse(reply, "The server refused the message while it came") : link.unexpected(reply);
}

/**
 * The message in pieces no larger than a slice, and not many smaller ones; nothing bare among its line ends.
 *
 * A stream that outgrows what the server takes ends the link before the first octet too many: Exim 4.96 answers a chunk
 * above its limit in the middle of it, and reads the rest, the content of an attachment, as commands.
 */
async function* readBody(state: SessionState, body: Body): AsyncGenerator<Uint8Array, void, undefined> {
  if (body.kind === "bytes") {
    for (let start = 0; start < body.bytes.length; start += SLICE_BYTES) {
      yield body.bytes.subarray(start, start + SLICE_BYTES);
    }
    return;
  }
  const { maxSize = Number.POSITIVE_INFINITY } = state.capabilities;
  const filter = new LineEndFilter();
  const reader = openBody(state, body);
  let size = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  try {
    for (;;) {
      const { done, value } = await nextPiece(state, reader);
      // In BINARYMIME a line end is content like any other.
      const next = done ? filter.end() : body.form === "binary" ? value : filter.push(value);
      gathered.push(next);
      gatheredBytes += next.length;
      size += next.length;
      if (size > maxSize) throw tooLarge(state.link, maxSize);
      if (gatheredBytes < LEAST_WRITE_BYTES && !done) continue;
      const piece = concatBytes(gathered);
      gathered = [];
      gatheredBytes = 0;
      for (let start = 0; start < piece.length; start += SLICE_BYTES) yield piece.subarray(start, start + SLICE_BYTES);
      if (done) return;
    }
  } finally {
    reader.cancel(state.link.fault).catch(() => {}); // whoever feeds it may stop
  }
}

function tooLarge(link: Link, maxSize: number): MailError {
  const message = `The message is larger than the ${maxSize} bytes the server takes.`;
  return link.fail("message-too-large", message, { retryable: false });
}

function openBody({ link }: SessionState, body: Body & { kind: "stream" }): ReadableStreamDefaultReader<Uint8Array> {
  try {
    return body.open().getReader();
  } catch (error) {
    throw unreadable(link, error);
  }
}

async function nextPiece(
  { link, timeouts }: SessionState,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    const read = await link.during(timeouts.progressMs, "No more of the message came", reader.read());
    if (read.done || read.value instanceof Uint8Array) return read;
    throw new TypeError("The stream of the message gave a chunk that is no Uint8Array.");
  } catch (error) {
    throw unreadable(link, error);
  }
}

/** A message that breaks off cannot be taken back but by breaking the link: its end was never sent. */
function unreadable(link: Link, error: unknown): MailError {
  if (link.fault !== undefined && error === link.fault) return link.fault;
  if (isMailError(error)) return link.fail(error.code, error.message, { retryable: error.retryable, cause: error });
  return link.fail("attachment-failed", "The message could not be read to its end.", {
    retryable: false,
    cause: error,
  });
}
