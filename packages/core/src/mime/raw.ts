import type { MailError } from "../errors.ts";
import type { AttachmentSource } from "../message/message.ts";
import { concatBytes } from "../util/bytes.ts";
import { refusal } from "./header.ts";
import { MAX_HELD_OCTETS, readWhole } from "./hold.ts";
import type { LineFault } from "./line-filter.ts";
import { createLineFilter } from "./line-filter.ts";
import type { Rendered } from "./render.ts";
import type { ChunkEncoder, Content } from "./segment.ts";
import { collectSegments } from "./segment.ts";

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = new Uint8Array(0);

/** Blind copies live in the envelope; those of a message that is sent again, too (RFC 5322 section 3.6.6). */
const BCC_FIELD = /^[^!-9;-~]*(?:resent-)?bcc[^!-9;-~]*:/i;

/** RFC 5322 section 3.6.8; before the colon old programs put spaces (section 4.5). */
const FIELD = /^[!-9;-~]+[\t ]*:/;

/**
 * A ready message, handed over as it is but for its line ends and its Bcc. It is not encoded anew, which would break
 * signatures in it; so octets above 127 stay in every form and need 8BITMIME. What no server may be given, NUL and lines
 * of more than 998 octets, is refused.
 */
export function rawContent(source: AttachmentSource): Content {
  return { source, label: "The raw message", endsLine: true, encoding: { createEncoder: createRawFilter } };
}

/** Header fields and body of a raw message, for its signers. A stream is read into memory for it. */
export async function takeApart(content: Content, signal?: AbortSignal): Promise<Rendered> {
  const source = { kind: "bytes", bytes: await readWhole(content, MAX_HELD_OCTETS, signal) } as const;
  const bytes = await collectSegments([{ ...content, source }]);
  const end = endOfHeader(bytes);
  return { fields: fieldsOf(bytes.subarray(0, end)), body: [bytes.subarray(Math.min(end + 2, bytes.length))] };
}

/** Up to the CRLF of its last field: the empty line that follows is not part of it. */
function endOfHeader(bytes: Uint8Array): number {
  if (bytes[0] === CR) return 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) if (bytes[at + 1] === CR) return at + 1;
  return bytes.length;
}

/** @throws MailError where readers would not agree on what the fields are, and so on what was signed. */
function fieldsOf(header: Uint8Array): string[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw refusal("raw", "has a header that is not UTF-8, and cannot be signed");
  }
  const fields = text === "" ? [] : text.slice(0, -2).split(/\r\n(?![\t ])/);
  if (fields.every((field) => FIELD.test(field))) return fields;
  throw refusal("raw", "has a line in its header that is no field, and cannot be signed");
}

/** Lines first, then fields: only the line at hand is kept, and that has at most 998 octets. */
function createRawFilter(): ChunkEncoder {
  const lines = createLineFilter(true, refuse);
  let isHeader = true;
  let isFirst = true;
  let isBcc = false;
  let unfinished: Uint8Array = NOTHING;

  function withoutBcc(chunk: Uint8Array): Uint8Array {
    if (!isHeader) return chunk;
    const header = concatBytes([unfinished, chunk]);
    const pieces: Uint8Array[] = [];
    let start = 0;
    for (let end = header.indexOf(LF); end !== -1 && isHeader; end = header.indexOf(LF, start)) {
      const line = header.subarray(start, end + 1);
      start = end + 1;
      isHeader = line[0] !== CR;
      // A first line that is indented continues nothing: readers take it for a field.
      isBcc = isContinuation(line) && !isFirst ? isBcc : isHeader && isBccField(line);
      isFirst = false;
      if (!isBcc) pieces.push(line);
    }
    const rest = header.slice(start);
    if (!isHeader) return concatBytes([...pieces, rest]);
    unfinished = rest;
    return concatBytes(pieces);
  }

  return {
    push: (chunk) => withoutBcc(lines.push(chunk)),
    end: () => withoutBcc(lines.end()),
  };
}

/** Folded lines go with the field they belong to. */
function isContinuation(line: Uint8Array): boolean {
  return line[0] === 0x20 || line[0] === 0x09;
}

function isBccField(line: Uint8Array): boolean {
  return BCC_FIELD.test(String.fromCharCode(...line));
}

function refuse(fault: LineFault): MailError {
  return refusal("raw", fault === "nul" ? "must not contain NUL" : "has a line of more than 998 octets");
}
