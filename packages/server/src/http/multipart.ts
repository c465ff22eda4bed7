import { concat } from "../encoding.ts";
import { FormFile } from "./form-file.ts";
import { RequestProblem } from "./problem.ts";

/** One part of a `multipart/form-data` body (RFC 7578). */
export interface Part {
  readonly name: string;
  readonly filename: string | undefined;
  /** As the part says; empty when it does not. */
  readonly contentType: string;
  readonly content: FormFile;
}

export interface MultipartLimits {
  /** Octets of the whole body, counted while it is read. */
  readonly maxBodyBytes: number;
  readonly maxParts: number;
}

/** Of one part: its name, its file name and its type. */
const MAX_HEADER_BYTES = 16 * 1024;

/** The boundary of a `multipart/form-data` type; `undefined` for any other type. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data[ \t]*;[ \t]*boundary=(?:"([^"\r\n]{1,70})"|([\w'()+,./:=?-]{1,70}))[ \t]*$/i.exec(
      contentType,
    ) ?? [];
  return quoted ?? plain;
}

/**
 * Reads a form as it arrives: each octet of a part is kept once, what stands between the parts not at all.
 * @throws RequestProblem `body-too-large`, `malformed-body`.
 */
export async function readMultipart(
  body: ReadableStream<Uint8Array>,
  boundary: string,
  { maxBodyBytes, maxParts }: MultipartLimits,
): Promise<readonly Part[]> {
  const reader = new DelimitedReader(body, maxBodyBytes);
  const delimiter = encode(`\r\n--${boundary}`);
  const parts: Part[] = [];
  try {
    await reader.readUntil(delimiter, maxBodyBytes);
    while (!(await reader.readsEnd())) {
      if (parts.length === maxParts) throw malformed(`has more than ${maxParts} parts`);
      const header = await reader.readUntil(encode("\r\n\r\n"), MAX_HEADER_BYTES);
      const fields = parseHeader(new TextDecoder().decode(header.bytes()));
      parts.push({ ...fields, content: await reader.readUntil(delimiter, maxBodyBytes) });
    }
    await reader.readToEnd();
    return parts;
  } finally {
    reader.release();
  }
}

/** Takes a stream apart at delimiters, wherever its chunks end. */
class DelimitedReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #maxBytes: number;
  /** The first delimiter may stand at the very beginning, where no line break is before it. */
  #buffer: Uint8Array = encode("\r\n");
  #total = 0;

  constructor(stream: ReadableStream<Uint8Array>, maxBytes: number) {
    this.#reader = stream.getReader();
    this.#maxBytes = maxBytes;
  }

  /** Everything before the delimiter, which is taken too. */
  async readUntil(delimiter: Uint8Array, maxBytes: number): Promise<FormFile> {
    const content = new FormFile();
    for (;;) {
      const end = indexOf(this.#buffer, delimiter);
      // Without one, all but the last octets, which may be its beginning.
      const ready = end >= 0 ? end : Math.max(0, this.#buffer.length - delimiter.length + 1);
      if (content.size + ready > maxBytes) throw malformed("has a part with an overlong header");
      content.write(this.#buffer.subarray(0, ready));
      this.#buffer = this.#buffer.subarray(end >= 0 ? end + delimiter.length : ready);
      if (end >= 0) {
        content.end();
        return content;
      }
      await this.#readMore();
    }
  }

  /** After a delimiter: true when it was the last (`--`), false when a part follows. */
  async readsEnd(): Promise<boolean> {
    while (this.#buffer.length < 2) await this.#readMore();
    const next = new TextDecoder().decode(this.#buffer.subarray(0, 2));
    this.#buffer = this.#buffer.subarray(2);
    if (next !== "--" && next !== "\r\n") throw malformed("has a boundary with something behind it");
    return next === "--";
  }

  /** What may stand behind the last boundary means nothing, and is counted all the same. */
  async readToEnd(): Promise<void> {
    while (await this.#read()) this.#buffer = new Uint8Array();
  }

  /** What is left over is for `readRest`: a body that is cancelled is a connection that is reset. */
  release(): void {
    this.#reader.releaseLock();
  }

  async #readMore(): Promise<void> {
    if (!(await this.#read())) throw malformed("ended before its last boundary");
  }

  /** False at the end, and when the client went away. */
  async #read(): Promise<boolean> {
    const { done, value } = await this.#reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) return false;
    this.#total += value.length;
    if (this.#total > this.#maxBytes) {
      throw new RequestProblem("body-too-large", `The body is larger than ${this.#maxBytes} octets.`);
    }
    const rest = this.#buffer;
    this.#buffer = rest.length === 0 ? value : concat([rest, value], rest.length + value.length);
    return true;
  }
}

function parseHeader(header: string): Omit<Part, "content"> {
  const fields = new Map<string, string>();
  for (const line of header.split("\r\n")) {
    const [, name = "", value = ""] = /^([\w-]+):[ \t]*(.*)$/.exec(line) ?? [];
    fields.set(name.toLowerCase(), value.trim());
  }
  const disposition = fields.get("content-disposition") ?? "";
  const name = parameter(disposition, "name");
  if (!/^form-data[ \t]*;/i.test(disposition) || name === undefined) throw malformed("has a part without a name");
  // Forms are 8-bit clean, and RFC 7578 section 4.7 took this header away: who still sends it means something else.
  if (fields.has("content-transfer-encoding")) throw malformed("has a part with a Content-Transfer-Encoding");
  return { name, filename: parameter(disposition, "filename"), contentType: fields.get("content-type") ?? "" };
}

/** Browsers write `"`, CR and LF of a name as `%22`, `%0D` and `%0A` (the HTML standard), others as `\"`. */
function parameter(disposition: string, name: string): string | undefined {
  const [, value] = new RegExp(`;[ \\t]*${name}="((?:[^"\\\\]|\\\\.)*)"`, "i").exec(disposition) ?? [];
  return value
    ?.replaceAll(/\\(["\\])/g, "$1")
    .replaceAll(/%22/g, '"')
    .replaceAll(/%0D/gi, "\r")
    .replaceAll(/%0A/gi, "\n");
}

function indexOf(bytes: Uint8Array, searched: Uint8Array): number {
  const [first = 0] = searched;
  const last = bytes.length - searched.length;
  for (let index = bytes.indexOf(first); index >= 0 && index <= last; index = bytes.indexOf(first, index + 1)) {
    let matching = 1;
    while (matching < searched.length && bytes[index + matching] === searched[matching]) matching++;
    if (matching === searched.length) return index;
  }
  return -1;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function malformed(fault: string): RequestProblem {
  return new RequestProblem("malformed-body", `The form ${fault}.`);
}
