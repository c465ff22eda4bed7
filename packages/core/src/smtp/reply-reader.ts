import type { SmtpReply } from "../receipt.ts";
import type { SmtpLimits } from "./limits.ts";
import { canBeginReply, joinReply, parseReplyLine, type ReplyLine } from "./reply.ts";

const LF = 10;
const NOTHING = new Uint8Array();

/** Bytes in, replies out, wherever the chunks are cut. Holds no more than the limits, whatever a server sends. */
export class ReplyReader {
  readonly #limits: SmtpLimits;
  #chunk: Uint8Array = NOTHING;
  /** How much of the chunk was read. */
  #read = 0;
  /** The beginning of a line whose end has not come. */
  readonly #begun: GrowingBytes = { bytes: NOTHING, length: 0 };
  /** The lines of a reply whose last line has not come. */
  #lines: ReplyLine[] = [];
  #replyBytes = 0;

  constructor(limits: SmtpLimits) {
    this.#limits = limits;
  }

  /** True when every byte that came belonged to a reply that was taken. */
  get isEmpty(): boolean {
    return this.#read === this.#chunk.length && this.#begun.length === 0 && this.#lines.length === 0;
  }

  /** True when the last chunk was read to its end, and the next one may come. */
  get wantsMore(): boolean {
    return this.#read === this.#chunk.length;
  }

  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#read = 0;
  }

  /**
   * The next complete reply, or `undefined` until more has come.
   * @throws Error with the words for a protocol error.
   */
  take(): SmtpReply | undefined {
    for (let bytes = this.#takeLine(); bytes !== undefined; bytes = this.#takeLine()) {
      const line = parseReplyLine(bytes);
      if (line === undefined) throw new Error("The server sent something that is not an SMTP reply.");
      if (line.code !== (this.#lines[0]?.code ?? line.code)) {
        throw new Error("The server changed the code in the middle of a reply.");
      }
      this.#replyBytes += bytes.length + 1;
      this.#lines.push(line);
      if (this.#replyBytes > this.#limits.replyBytes || this.#lines.length > this.#limits.replyLines) {
        throw new Error("The server sent a reply that does not end.");
      }
      if (line.last) return this.#finishReply();
    }
    return undefined;
  }

  #finishReply(): SmtpReply {
    const lines = this.#lines;
    this.#lines = [];
    this.#replyBytes = 0;
    return joinReply(lines);
  }

  /** The next line without its LF. */
  #takeLine(): Uint8Array | undefined {
    const end = this.#chunk.indexOf(LF, this.#read);
    const piece = this.#chunk.subarray(this.#read, end === -1 ? undefined : end);
    if (this.#begun.length + piece.length > this.#limits.replyLineBytes) {
      throw new Error("The server sent a line that does not end.");
    }
    this.#read += piece.length;
    if (end === -1) {
      append(this.#begun, piece);
      // No line end may ever come from a server that speaks another protocol.
      if (!canBeginReply(this.#begun.bytes.subarray(0, this.#begun.length))) {
        throw new Error("The server sent something that is not an SMTP reply.");
      }
      return undefined;
    }
    this.#read++;
    if (this.#begun.length === 0) return piece;
    append(this.#begun, piece);
    const line = this.#begun.bytes.subarray(0, this.#begun.length);
    this.#begun.bytes = NOTHING;
    this.#begun.length = 0;
    return line;
  }
}

interface GrowingBytes {
  bytes: Uint8Array;
  length: number;
}

/** Doubles its room, so that a line of single octets costs no more than twice its copy. */
function append(target: GrowingBytes, piece: Uint8Array): void {
  const length = target.length + piece.length;
  if (length > target.bytes.length) {
    const grown = new Uint8Array(Math.max(length, target.bytes.length * 2, 128));
    grown.set(target.bytes.subarray(0, target.length));
    target.bytes = grown;
  }
  target.bytes.set(piece, target.length);
  target.length = length;
}
