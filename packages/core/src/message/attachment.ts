import type { Issue } from "../errors.ts";
import { Fields, isRecord, joinPath } from "../util/fields.ts";
import { hasLineBreakOrNul, quoteForMessage, replaceLoneSurrogates } from "../util/safe-text.ts";
import type { ContentSource } from "./attachment-content.ts";
import { contentSource, isBlob, streamReader } from "./attachment-content.ts";
import { streamSource } from "./attachment-stream.ts";
import { parseHeaders, partHeaderRule } from "./headers.ts";
import type { AttachmentInput } from "./input.ts";
import { checkMediaType, mediaTypeOf } from "./media-type.ts";
import type { Attachment } from "./message.ts";
import { faultOfUrl, urlSource } from "./url-attachment.ts";

/** How attachments that are not at hand may be read. Without a policy, `url` and `path` are issues: core reads neither. */
export interface AttachmentPolicy {
  readonly url?: UrlPolicy | undefined;
  /** Opens a local file. Only a Node transport that was given `files` has it. */
  readonly openPath?:
    | ((path: string) => Promise<{ readonly stream: ReadableStream<Uint8Array>; readonly size: number }>)
    | undefined;
}

/** Fetching `url` attachments: https only, no credentials, every host checked before it is connected to. */
export interface UrlPolicy {
  /** Default: the runtime's own `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /**
   * Resolves a host name to its addresses, so that private ones can be refused before connecting. Without it only
   * literal addresses in the URL are checked.
   */
  readonly resolve?: ((host: string) => Promise<readonly string[]>) | undefined;
  /** Redirects followed, each one checked again. Default: 3. */
  readonly maxRedirects?: number | undefined;
  /** Largest body. Default: 25 MiB. */
  readonly maxBytes?: number | undefined;
  /** Until the last byte. Default: 30 s. */
  readonly timeoutMs?: number | undefined;
}

/** No message has so many; a list of a million is a mistake or an attack. An endpoint has a lower limit of its own. */
const MAX_ATTACHMENTS = 1000;
/** Octets of UTF-8: what file systems take. */
const MAX_FILENAME_OCTETS = 255;

/** Printable US-ASCII without what ends or escapes an id, in a header or in a `cid:` URL (RFC 2392). */
const CONTENT_ID = /^[\w!#$%&'*+/=?^`{|}~.@-]{1,255}$/;
/** C0 and C1 controls, line and paragraph separators, and what turns the direction of text: `invoice<RLO>fdp.exe`. */
const UNSAFE_IN_FILENAME = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Where words of other libraries went. */
const ELSEWHERE = {
  name: '"filename"',
  fileName: '"filename"',
  type: '"contentType"',
  mimeType: '"contentType"',
  mimetype: '"contentType"',
  cid: '"contentId"',
  href: '"url"',
  file: '"path"',
  data: '"content"',
  raw: '"content", with contentType "message/rfc822"',
  contentDisposition: '"disposition"',
};

/** Checks attachments: a list of objects, or a record or map of file names and contents. */
export function parseAttachments(
  input: unknown,
  path: string,
  policy: AttachmentPolicy,
  issues: Issue[],
): Attachment[] {
  const entries = Array.isArray(input) ? listEntries(input, path) : mapEntries(input, path);
  if (entries === undefined)
    issues.push({ path, message: "must be a list of attachments, or an object of file names and contents" });
  else if (entries.length > MAX_ATTACHMENTS) issues.push({ path, message: `must not be more than ${MAX_ATTACHMENTS}` });
  else {
    const attachments = entries.flatMap(([at, entry]) => parseAttachment(entry, at, policy, issues) ?? []);
    refuseSameIds(attachments, path, issues);
    return attachments;
  }
  return [];
}

type Entry = readonly [path: string, attachment: unknown];

function listEntries(list: readonly unknown[], path: string): Entry[] {
  return Array.from(list.slice(0, MAX_ATTACHMENTS + 1), (entry, index) => [`${path}[${index}]`, entry]);
}

function mapEntries(input: unknown, path: string): Entry[] | undefined {
  const named = input instanceof Map ? [...input] : isRecord(input) ? Object.entries(input) : undefined;
  return named?.map(([filename, content]) => [joinPath(path, String(filename)), { filename, content }]);
}

function parseAttachment(
  input: unknown,
  path: string,
  policy: AttachmentPolicy,
  issues: Issue[],
): Attachment | undefined {
  const fields = new Fields<AttachmentInput>(input, path, issues);
  const before = issues.length;
  const given = fields.raw("content");
  const filename = parseFilename(fields);
  const encoding = fields.choice("encoding", ["utf-8", "base64"], "utf-8");
  const content = parseContent(fields, filename === undefined ? path : quoteForMessage(filename), encoding, policy);
  const contentType = parseContentType(
    fields,
    filename,
    typeof given === "string" && encoding === "utf-8" ? given : undefined,
  );
  const contentId = parseContentId(fields);
  const disposition = fields.choice(
    "disposition",
    ["attachment", "inline"],
    contentId === undefined ? "attachment" : "inline",
  );
  const headers = fields.has("headers")
    ? parseHeaders(fields.raw("headers"), fields.pathOf("headers"), partHeaderRule, issues)
    : [];
  fields.refuseOthers(ELSEWHERE);
  if (issues.length > before || "fault" in content) return undefined;
  return {
    ...(filename !== undefined && { filename }),
    contentType,
    disposition,
    ...(contentId !== undefined && { contentId }),
    headers,
    content,
  };
}

/** A name given, or that of the `File`, or of the path or URL. */
function parseFilename(fields: Fields<AttachmentInput>): string | undefined {
  const content = fields.raw("content");
  const given = fields.raw("filename") ?? (isBlob(content) ? content.name : undefined) ?? lastSegment(fields);
  if (given === undefined) return undefined;
  const fault = faultOfFilename(given);
  if (fault === undefined) return safeFilename(String(given));
  fields.refuse("filename", fault);
  return undefined;
}

function lastSegment(fields: Fields<AttachmentInput>): string | undefined {
  const path = fields.raw("path");
  if (typeof path === "string") return path;
  const url = toUrl(fields.raw("url"));
  try {
    return url && decodeURIComponent(url.pathname);
  } catch {
    return undefined;
  }
}

function faultOfFilename(given: unknown): string | undefined {
  if (typeof given !== "string") return "must be a string";
  if (hasLineBreakOrNul(given)) return "must not contain a line break or NUL";
  const octets = new TextEncoder().encode(safeFilename(given) ?? "").length;
  return octets > MAX_FILENAME_OCTETS ? `must not be longer than ${MAX_FILENAME_OCTETS} octets` : undefined;
}

/**
 * A name and nothing more (RFC 2183 section 2.3): directories would tell how the sender's disk looks, or aim at the
 * reader's; controls and what turns text around would show another name than the one a reader saves.
 */
function safeFilename(given: string): string | undefined {
  const name = given.slice(Math.max(given.lastIndexOf("/"), given.lastIndexOf("\\")) + 1);
  const safe = replaceLoneSurrogates(name.replace(UNSAFE_IN_FILENAME, "")).trim();
  return /^\.*$/.test(safe) ? undefined : safe;
}

function parseContent(
  fields: Fields<AttachmentInput>,
  label: string,
  encoding: "utf-8" | "base64",
  policy: AttachmentPolicy,
): ContentSource {
  const given = (["content", "url", "path"] as const).filter((name) => fields.has(name));
  const [name = "content"] = given;
  const value = fields.raw(name);
  let source: ContentSource;
  if (given.length !== 1)
    source = {
      fault:
        given.length === 0
          ? "is missing: give `content`, `url` or `path`"
          : "must be the only one of `content`, `url` and `path`",
    };
  else if (name === "url") source = parseUrl(value, policy);
  else if (name === "path") source = parsePath(value, label, policy);
  else source = contentSource(value, encoding, label);
  if ("fault" in source) fields.refuse(name, source.fault);
  if (name !== "content" && fields.has("encoding")) fields.refuse("encoding", "goes with a string `content` alone");
  return source;
}

function parseUrl(value: unknown, { url: policy }: AttachmentPolicy): ContentSource {
  const url = toUrl(value);
  if (url === undefined) return { fault: "must be an https URL" };
  if (policy === undefined)
    return { fault: "needs a policy: createMailer({ attachments: { url: {} } }) allows fetching" };
  const fault = faultOfUrl(url);
  return fault === undefined ? urlSource(url, policy) : { fault };
}

function parsePath(path: unknown, label: string, { openPath }: AttachmentPolicy): ContentSource {
  if (typeof path !== "string" || path === "" || path.includes("\0")) return { fault: "must be the path of a file" };
  if (openPath === undefined) {
    return {
      fault: "cannot be read here: use fileAttachment(path) of @edgepost/transport-node, or give nodeTransport `files`",
    };
  }
  return streamSource({ label, once: false, start: async () => streamReader((await openPath(path)).stream) });
}

function parseContentType(
  fields: Fields<AttachmentInput>,
  filename: string | undefined,
  text: string | undefined,
): string {
  const content = fields.raw("content");
  const given = fields.raw("contentType");
  if (given === undefined) {
    // A browser fills in `type`; what it does not know, or knows badly, the extension tells.
    const own = isBlob(content) ? checkMediaType(content.type) : undefined;
    if (own !== undefined && "type" in own) return own.type;
  }
  const checked =
    typeof given === "string" || given === undefined
      ? checkMediaType(given ?? mediaTypeOf(filename), text)
      : { fault: "must be a string" };
  if ("type" in checked) return checked.type;
  fields.refuse("contentType", checked.fault);
  return "";
}

function parseContentId(fields: Fields<AttachmentInput>): string | undefined {
  const given = fields.raw("contentId");
  if (given === undefined) return undefined;
  const id = typeof given === "string" ? given.replace(/^<(.*)>$/, "$1") : "";
  if (CONTENT_ID.test(id)) return id;
  fields.refuse("contentId", 'must be a token such as "logo" or "logo@acme.com"');
  return undefined;
}

function refuseSameIds(attachments: readonly Attachment[], path: string, issues: Issue[]): void {
  const seen = new Set<string>();
  for (const { contentId } of attachments) {
    if (contentId === undefined) continue;
    if (seen.has(contentId))
      issues.push({ path, message: `has two parts with the contentId ${quoteForMessage(contentId)}` });
    seen.add(contentId);
  }
}

function toUrl(value: unknown): URL | undefined {
  if (typeof value !== "string" && !(value instanceof URL)) return undefined;
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}
