import { concatBytes } from "../util/bytes.ts";

const LF = 10;
const CR = 13;
const DOT = 46;

const NOTHING = new Uint8Array();
const CRLF = Uint8Array.of(CR, LF);
const DOT_CRLF = Uint8Array.of(DOT, CR, LF);
const CRLF_DOT_CRLF = Uint8Array.of(CR, LF, DOT, CR, LF);

/**
 * Repairs line ends: a CR or LF that stands alone becomes CRLF, so that nothing bare ever leaves. Some servers take
 * `LF . LF` for the end of a message and what follows for commands; that is how one message smuggles a second (CVE-2023-51764).
 *
 * A filter over chunks: a CR that ends a chunk is kept until the next one tells what it was.
 */
export class LineEndFilter {
  #heldCr = false;

  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#heldCr ? concatBytes([Uint8Array.of(CR), chunk]) : chunk;
    this.#heldCr = bytes[bytes.length - 1] === CR;
    return repairLineEnds(this.#heldCr ? bytes.subarray(0, -1) : bytes);
  }

  /** What was kept, once nothing more comes. */
  end(): Uint8Array {
    return this.#heldCr ? CRLF : NOTHING;
  }
}

/** The same for a whole message. Answers the very same bytes when there is nothing to repair. */
export function repairLineEnds(bytes: Uint8Array): Uint8Array {
  const bare = countBare(bytes);
  return bare === 0 ? bytes : replaceBare(bytes, bare);
}

function countBare(bytes: Uint8Array): number {
  let bare = 0;
  for (let lf = bytes.indexOf(LF); lf !== -1; lf = bytes.indexOf(LF, lf + 1)) if (bytes[lf - 1] !== CR) bare++;
  for (let cr = bytes.indexOf(CR); cr !== -1; cr = bytes.indexOf(CR, cr + 1)) if (bytes[cr + 1] !== LF) bare++;
  return bare;
}

function replaceBare(bytes: Uint8Array, bare: number): Uint8Array {
  const repaired = new Uint8Array(bytes.length + bare);
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const octet = bytes[index] ?? 0;
    if (octet !== CR && octet !== LF) {
      repaired[length++] = octet;
      continue;
    }
    repaired[length++] = CR;
    repaired[length++] = LF;
    if (octet === CR && bytes[index + 1] === LF) index++;
  }
  return repaired;
}

/**
 * Doubles the dot that begins a line and ends the message with a dot of its own (RFC 5321 section 4.5.2). Takes what
 * {@link LineEndFilter} lets through: CRLF alone ends a line.
 */
export class DotStuffing {
  #last = LF; // the message begins a line

  push(chunk: Uint8Array): Uint8Array {
    const dots = findDots(chunk, this.#last);
    this.#last = chunk[chunk.length - 1] ?? this.#last;
    return dots.length === 0 ? chunk : doubleDots(chunk, dots);
  }

  /** What is left of the message, and `CRLF.CRLF`, of which the message may have written the first line end itself. */
  end(chunk: Uint8Array = NOTHING): Uint8Array {
    const stuffed = this.push(chunk);
    return concatBytes([stuffed, this.#last === LF ? DOT_CRLF : CRLF_DOT_CRLF]);
  }
}

function findDots(chunk: Uint8Array, last: number): readonly number[] {
  const dots: number[] = last === LF && chunk[0] === DOT ? [0] : [];
  for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, lf + 1)) {
    if (chunk[lf + 1] === DOT) dots.push(lf + 1);
  }
  return dots;
}

function doubleDots(chunk: Uint8Array, dots: readonly number[]): Uint8Array {
  const stuffed = new Uint8Array(chunk.length + dots.length);
  let from = 0;
  let length = 0;
  for (const dot of dots) {
    stuffed.set(chunk.subarray(from, dot), length);
    length += dot - from;
    stuffed[length++] = DOT;
    from = dot;
  }
  stuffed.set(chunk.subarray(from), length);
  return stuffed;
}
