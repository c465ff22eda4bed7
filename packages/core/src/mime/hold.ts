import { MailError } from "../errors.ts";
import { concatBytes } from "../util/bytes.ts";
import type { Content } from "./segment.ts";
import { readContent } from "./segment.ts";

/**
 * Signers read a message before it is sent, so what can be read only once is held in memory between. As much as the
 * largest message common servers take: more would fill the 128 MB of an edge isolate to send what nobody accepts.
 */
export const MAX_HELD_OCTETS = 25 * 1024 * 1024;

/** The bytes of a content as its source delivers them, all of them. */
export async function readWhole(content: Content, maxOctets: number, signal?: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of readContent(content, signal)) {
    octets += chunk.length;
    if (octets > maxOctets) throw tooLarge(content.label);
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

function tooLarge(label: string): MailError {
  return new MailError(
    "unsupported",
    `${label} is a stream, which must be read twice to sign the message, and has more than ${MAX_HELD_OCTETS} octets. Give bytes, a Blob or a file.`,
    { phase: "input" },
  );
}
