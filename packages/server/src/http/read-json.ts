import { concat } from "../encoding.ts";
import { RequestProblem } from "./problem.ts";

export interface BodyLimits {
  /** Octets of a request body, counted while it is read: nothing larger is ever in memory. */
  readonly maxBodyBytes: number;
  /** Arrays and objects inside each other. No message needs ten; a parser fed a million is a way to fill memory. */
  readonly maxJsonDepth: number;
}

/** Settings are short. Certificates of a whole authority store are the longest there are, with a quarter of this. */
const MAX_SETTINGS_BYTES = 1024 * 1024;

/** The limits of a body that holds settings, and no message: what is stored of it is read with every request. */
export function settingsLimits(limits: BodyLimits): BodyLimits {
  return { ...limits, maxBodyBytes: Math.min(limits.maxBodyBytes, MAX_SETTINGS_BYTES) };
}

/** A body as JSON, and as the octets it came in. */
export interface JsonBody {
  readonly json: unknown;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a JSON body within its limits.
 * @throws RequestProblem `unsupported-media-type`, `body-too-large` or `malformed-body`.
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<JsonBody> {
  refuseOtherTypes(request.headers);
  const bytes = await readBytes(request, limits.maxBodyBytes);
  return { json: parseJsonBytes(bytes, limits.maxJsonDepth), bytes };
}

/** @throws RequestProblem `malformed-body`. */
export function parseJsonBytes(bytes: Uint8Array, maxDepth: number): unknown {
  const text = decodeUtf8(bytes);
  refuseDeepNesting(text, maxDepth);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the body, which may hold a password.
    throw new RequestProblem("malformed-body", "The body is not valid JSON.");
  }
}

function refuseOtherTypes(headers: Headers): void {
  const type = headers.get("content-type") ?? "";
  if (!/^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type)) {
    throw new RequestProblem("unsupported-media-type", "Send the body as application/json in UTF-8.", {
      headers: { accept: "application/json" },
    });
  }
  // A compressed body is a small request that becomes a large one.
  if (headers.has("content-encoding")) {
    throw new RequestProblem("unsupported-media-type", "Send the body as it is, without a Content-Encoding.");
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // What is left over is for `readRest`: a body that is cancelled is a connection that is reset.
    for await (const chunk of request.body?.values({ preventCancel: true }) ?? []) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof RequestProblem) throw error;
    throw new RequestProblem("malformed-body", "The body ended before it was complete.");
  }
  return concat(chunks, length);
}

function tooLarge(maxBytes: number): RequestProblem {
  return new RequestProblem("body-too-large", `The body is larger than ${maxBytes} octets.`);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RequestProblem("malformed-body", "The body is not valid UTF-8.");
  }
}

/** One pass over the text before the parser sees it. Strings, the bulk of a message, are jumped over. */
function refuseDeepNesting(text: string, maxDepth: number): void {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > maxDepth) {
      throw new RequestProblem("malformed-body", `The body is nested deeper than ${maxDepth} levels.`);
    }
  }
}

function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
  } while (isEscaped(text, end));
  return end;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}
