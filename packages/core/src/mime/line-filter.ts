import type { MailError } from "../errors.ts";
import { concatBytes } from "../util/bytes.ts";
import type { ChunkEncoder } from "./segment.ts";

/** RFC 5322 section 2.1.1, without the CRLF. */
const MAX_LINE_OCTETS = 998;

const NUL = 0;
const LF = 0x0a;
const CR = 0x0d;
const CRLF = Uint8Array.of(CR, LF);
const NOTHING = new Uint8Array(0);

/** What a server cannot be given. */
export type LineFault = "nul" | "long-line" | "8bit";

/**
 * Makes lines of bytes that may not be encoded (a raw message, an attached one): a lone CR and a lone LF become CRLF,
 * as SMTP demands and smugglers hope it is not (CVE-2023-51764), and the last line is ended. What it cannot repair, it
 * refuses. State is kept over chunks: a CR at the end of one waits for the next.
 */
export function createLineFilter(eightBit: boolean, refuse: (fault: LineFault) => MailError): ChunkEncoder {
  let previous = LF;
  let lineOctets = 0;

  function push(chunk: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at] ?? 0;
      if (octet === LF) {
        const isRepaired = previous !== CR || at === 0;
        if (isRepaired) {
          pieces.push(chunk.subarray(from, at), CRLF);
          from = at + 1;
        }
        lineOctets = 0;
      } else {
        if (previous === CR) {
          pieces.push(chunk.subarray(from, Math.max(from, at - 1)), CRLF);
          from = at;
          lineOctets = 0;
        }
        if (octet !== CR) check(octet);
      }
      previous = octet;
    }
    pieces.push(chunk.subarray(from, previous === CR ? Math.max(from, chunk.length - 1) : chunk.length));
    return concatBytes(pieces);
  }

  function check(octet: number): void {
    if (octet === NUL) throw refuse("nul");
    if (octet > 0x7f && !eightBit) throw refuse("8bit");
    if (++lineOctets > MAX_LINE_OCTETS) throw refuse("long-line");
  }

  return { push, end: () => (previous === CR || lineOctets > 0 ? CRLF : NOTHING) };
}
