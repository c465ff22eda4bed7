import type { Issue } from "../errors.ts";
import { entriesOf, Fields, joinPath } from "../util/fields.ts";
import { quoteForMessage } from "../util/safe-text.ts";
import type { ContentSource } from "./attachment-content.ts";
import { contentSource, isBlob, streamReader } from "./attachment-content.ts";
import { streamSource } from "./attachment-stream.ts";
import { checkFilename } from "./filename.ts";
import { parseHeaders, partHeaderRule } from "./headers.ts";
import type { AttachmentInput } from "./input.ts";
import { checkMediaType, mediaTypeOf } from "./media-type.ts";
import type { Attachment } from "./message.ts";
import { faultOfUrl, urlSource } from "./url-attachment.ts";

/** How attachments that are not at hand may be read. Without a policy, `url` and `path` are issues: core reads neither. */
export interface AttachmentPolicy {
  /** Fetches `url` attachments. Default: they are refused. */
  readonly url?: UrlPolicy | undefined;
  /**
   * Opens a local file, as a `Blob` that cannot be read any more once the file has changed. Only a Node transport that
   * was given `files` has it.
   */
  readonly openPath?: ((path: string) => Promise<Blob>) | undefined;
}

/** Fetching `url` attachments: https only, no credentials, every host checked before it is connected to. */
export interface UrlPolicy {
  /** Default: the runtime's own `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /**
   * Resolves a host name to its addresses, so that private ones are refused before connecting. `"platform"` leaves that
   * to a platform that reaches no private address, as Workers do: then only literal addresses are checked here.
   */
  readonly resolve: ((host: string) => Promise<readonly string[]>) | "platform";
  /** Redirects followed, each one checked again. Default: 3. */
  readonly maxRedirects?: number | undefined;
  /** Largest body. Default: 25 MiB. */
  readonly maxBytes?: number | undefined;
  /** Until the last byte. Default: 30 s. */
  readonly timeoutMs?: number | undefined;
}

/** No message has so many; a list of a million is a mistake or an attack. An endpoint has a lower limit of its own. */
const MAX_ATTACHMENTS = 1000;
/** Printable US-ASCII without what ends or escapes an id, in a header or in a `cid:` URL (RFC 2392). */
const CONTENT_ID = /^[\w!#$%&'*+/=?^`{|}~.@-]{1,255}$/;

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
  const entries = attachmentsOf(input, path);
  if (entries === undefined || entries.length > MAX_ATTACHMENTS) {
    const message = `must be a list of attachments, or an object of file names and contents, ${MAX_ATTACHMENTS} at most`;
    issues.push({ path, message });
    return [];
  }
  const attachments = entries.flatMap(([at, entry]) => parseAttachment(entry, at, policy, issues) ?? []);
  refuseSameIds(attachments, path, issues);
  return attachments;
}

function attachmentsOf(input: unknown, path: string): (readonly [path: string, attachment: unknown])[] | undefined {
  if (Array.isArray(input)) {
    return Array.from(input.slice(0, MAX_ATTACHMENTS + 1), (entry, index) => [`${path}[${index}]`, entry]);
  }
  return entriesOf(input)?.map(([filename, content]) => [joinPath(path, filename), { filename, content }]);
}

function parseAttachment(
  input: unknown,
  path: string,
  policy: AttachmentPolicy,
  issues: Issue[],
): Attachment | undefined {
  const fields = new Fields<AttachmentInput>(input, path, issues);
  const before = issues.length;
  const filename = parseFilename(fields);
  const encoding = fields.choice("encoding", ["utf-8", "base64"], "utf-8");
  const content = parseContent(fields, filename === undefined ? path : quoteForMessage(filename), encoding, policy);
  const contentType = parseContentType(fields, filename, encoding);
  const contentId = parseContentId(fields);
  const usual = contentId === undefined ? "attachment" : "inline";
  const disposition = fields.choice("disposition", ["attachment", "inline"], usual);
  const headers = parseHeaders(fields.raw("headers"), fields.pathOf("headers"), partHeaderRule, issues);
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

/** The name given, else that of the `File`, of the path or of the URL. */
function parseFilename(fields: Fields<AttachmentInput>): string | undefined {
  const given = fields.has("filename") ? fields.raw("filename") : ownName(fields);
  if (given === undefined) return undefined;
  const checked = checkFilename(given);
  if ("filename" in checked) return checked.filename;
  fields.refuse("filename", checked.fault);
  return undefined;
}

function ownName(fields: Fields<AttachmentInput>): unknown {
  const content = fields.raw("content");
  if (isBlob(content)) return content.name;
  if (!fields.has("url")) return fields.raw("path");
  try {
    return decodeURIComponent(toUrl(fields.raw("url"))?.pathname ?? "");
  } catch {
    return undefined;
  }
}

function parseContent(
  fields: Fields<AttachmentInput>,
  label: string,
  encoding: "utf-8" | "base64",
  policy: AttachmentPolicy,
): ContentSource {
  const [name = "content", other] = (["content", "url", "path"] as const).filter((one) => fields.has(one));
  const value = fields.raw(name);
  let source: ContentSource;
  if (other !== undefined) source = { fault: `cannot stand beside \`${other}\`` };
  else if (name === "url") source = parseUrl(value, policy);
  else if (name === "path") source = parsePath(value, label, policy);
  else source = contentSource(value, encoding, label);
  if ("fault" in source) fields.refuse(name, source.fault);
  if (name !== "content" && fields.has("encoding")) fields.refuse("encoding", "goes with a string `content` alone");
  return source;
}

function parseUrl(value: unknown, { url: policy }: AttachmentPolicy): ContentSource {
  const url = toUrl(value);
  const fault = url === undefined ? "must be an https URL" : faultOfUrl(url);
  if (url === undefined || fault !== undefined) return { fault: fault ?? "" };
  if (policy === undefined) {
    return { fault: "needs a policy: createMailer({ attachments: { url: { resolve } } }) allows fetching" };
  }
  if (typeof policy.resolve !== "function" && policy.resolve !== "platform") {
    return {
      fault: 'needs `resolve` in its policy, a function from host to addresses or "platform", to be checked by',
    };
  }
  return urlSource(url, policy);
}

function parsePath(path: unknown, label: string, { openPath }: AttachmentPolicy): ContentSource {
  if (typeof path !== "string" || path === "" || path.includes("\0")) return { fault: "must be the path of a file" };
  if (openPath !== undefined) {
    let file: Blob | undefined;
    const start = async () => {
      file ??= await openPath(path);
      return streamReader(file.stream());
    };
    return streamSource({ label, once: false, start });
  }
  const message =
    "cannot be read here: use fileAttachment(path) of @edgepost/transport-node, or give nodeTransport `files`";
  return { fault: message };
}

/** The type given, else that of the `Blob`, else by the extension. */
function parseContentType(
  fields: Fields<AttachmentInput>,
  filename: string | undefined,
  encoding: "utf-8" | "base64",
): string {
  const content = fields.raw("content");
  const text = typeof content === "string" && encoding === "utf-8" ? content : undefined;
  const own = isBlob(content) && "type" in checkMediaType(content.type) ? content.type : mediaTypeOf(filename);
  const given = fields.has("contentType") ? fields.raw("contentType") : own;
  const checked = typeof given === "string" ? checkMediaType(given, text) : { fault: "must be a string" };
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
