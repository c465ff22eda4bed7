import type { MailError } from "../errors.ts";
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
  /** A CR is held back until it shows what follows it. */
  let previous = LF;
  let lineOctets = 0;

  function push(chunk: Uint8Array): Uint8Array {
    const before = previous;
    const missing = survey(chunk);
    const held = (before === CR ? 1 : 0) - (previous === CR ? 1 : 0);
    const isRight = missing === 0 && before !== CR && previous !== CR;
    return isRight ? chunk : repair(chunk, before, new Uint8Array(chunk.length + missing + held));
  }

  /** How many CRs and LFs are missing. */
  function survey(chunk: Uint8Array): number {
    let missing = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at] ?? 0;
      if ((octet === LF) !== (previous === CR)) missing++;
      if (octet === LF || previous === CR) lineOctets = 0;
      if (octet !== LF && octet !== CR) check(octet);
      previous = octet;
    }
    return missing;
  }

  function check(octet: number): void {
    if (octet === NUL) throw refuse("nul");
    if (octet > 0x7f && !eightBit) throw refuse("8bit");
    if (++lineOctets > MAX_LINE_OCTETS) throw refuse("long-line");
  }

  return { push, end: () => (previous === CR || lineOctets > 0 ? CRLF : NOTHING) };
}

function repair(chunk: Uint8Array, before: number, lines: Uint8Array): Uint8Array {
  let previous = before;
  let to = 0;
  for (let at = 0; at < chunk.length; at++) {
    const octet = chunk[at] ?? 0;
    if (octet === LF || previous === CR) {
      lines[to++] = CR;
      lines[to++] = LF;
    }
    if (octet !== LF && octet !== CR) lines[to++] = octet;
    previous = octet;
  }
  return lines;
}
