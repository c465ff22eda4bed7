import type { AttachmentInput, AttachmentsInput } from "../message/input.ts";
import { isRecord, joinPath } from "../util/fields.ts";
import type { Binder } from "./binder.ts";
import { inHtml, inLine, inText, inUrl } from "./fit.ts";

/** Binds keywords into names, contents and URLs. A map of names to contents comes back as a list. */
export function bindAttachments(input: unknown, path: string, binder: Binder): AttachmentsInput {
  if (Array.isArray(input)) return input.map((one, index) => bindAttachment(one, `${path}[${index}]`, binder));
  if (!isRecord(input)) return input as AttachmentsInput;
  return Object.entries(input).map(([filename, content]) =>
    bindAttachment({ filename, content }, joinPath(path, filename), binder),
  );
}

function bindAttachment(input: unknown, path: string, binder: Binder): AttachmentInput {
  if (!isRecord(input)) return input as AttachmentInput;
  const { content, url, path: file, ...fields } = input;
  if (typeof file === "string" && file.includes("{{")) {
    binder.refuse(`${path}.path`, "must not have keywords: a value could lead to any file");
  }
  const bound: Record<string, unknown> = binder.texts(fields, path, inLine);
  if (file !== undefined) bound.path = file;
  if (url !== undefined) bound.url = binder.texts(url, `${path}.url`, inUrl);
  if (content !== undefined) bound.content = bindContent(content, isHtml(bound), `${path}.content`, binder);
  return bound as unknown as AttachmentInput;
}

/** A content that is one keyword alone is what the variable holds, bytes and streams included. */
function bindContent(content: unknown, isMarkup: boolean, path: string, binder: Binder): unknown {
  if (typeof content !== "string") return content;
  const [first, ...others] = binder.attempt(path, () => binder.parse(content)) ?? [];
  if (first?.kind !== "value" || others.length > 0) return binder.text(content, path, isMarkup ? inHtml : inText);
  return binder.value(first.name, path) ?? "";
}

function isHtml({ contentType, filename }: Record<string, unknown>): boolean {
  return contentType === undefined
    ? /\.x?html?$/i.test(String(filename))
    : /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(String(contentType));
}
