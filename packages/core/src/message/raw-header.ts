import type { Issue } from "../errors.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { isStream, streamReader } from "./attachment-content.ts";
import { isBytes, streamSource } from "./attachment-stream.ts";
import type { AttachmentSource } from "./message.ts";

/** A header section is a page or two; one of this size is a body without the empty line before it. */
const MAX_HEADER_OCTETS = 256 * 1024;

/** A ready message, and the fields of its header; of a stream none, since it is not read before it is sent. */
export interface RawHeader {
  readonly source: AttachmentSource;
  /** Unfolded values by lower-case name, in order. Encoded words are left encoded. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** True when octets outside ASCII stand in the header section (RFC 6532). */
  readonly isInternational: boolean;
}

/** Looks into a ready message as far as its header goes (RFC 5322 section 2.2), whatever its line ends are. */
export function readRawHeader(raw: unknown, issues: Issue[]): RawHeader | undefined {
  if (isStream(raw) && !raw.locked) return { source: rawStream(raw), fields: new Map(), isInternational: false };
  const bytes = typeof raw === "string" ? encodeUtf8(raw) : raw;
  if (isBytes(bytes)) {
    const header = headerSection(bytes);
    if (header !== undefined) {
      return {
        source: { kind: "bytes", bytes },
        fields: readFields(header),
        isInternational: /[^\0-\x7f]/.test(header),
      };
    }
    issues.push({
      path: "raw",
      message: `must have an empty line within ${MAX_HEADER_OCTETS} octets, after its header`,
    });
  } else {
    const message = isStream(raw)
      ? "is a stream that is being read already"
      : "must be a string, Uint8Array or ReadableStream";
    issues.push({ path: "raw", message });
  }
  return undefined;
}

function rawStream(stream: ReadableStream<unknown>): AttachmentSource {
  return streamSource({ label: "The raw message", once: true, start: () => streamReader(stream) });
}

function headerSection(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, MAX_HEADER_OCTETS));
  const end = text.search(/(?:^|\r\n|\n|\r(?!\n))(?:\r\n|\r|\n)/);
  if (end >= 0) return text.slice(0, end);
  return bytes.length < MAX_HEADER_OCTETS ? text : undefined;
}

function readFields(header: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  const unfolded = header.replace(/(?:\r\n|\r|\n)(?=[ \t])/g, "");
  for (const line of unfolded.split(/[\r\n]+/)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === "") continue;
    const values = fields.get(name);
    const value = line.slice(colon + 1).trim();
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}
