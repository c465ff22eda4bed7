import { parseMediaType } from "../util/media-type.ts";
import { isAscii } from "../util/safe-text.ts";
import { MEDIA_TYPES } from "./media-type-table.ts";

/** `boundary` (RFC 2046 section 5.1.1). */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;
/** RFC 5322 section 2.1.1: longer than a line may ever be. */
const MAX_LENGTH = 998;

/**
 * Checks the media type of a part: its type in lower case with its parameters, or what is wrong with it.
 *
 * @param text the content when it is text. It will be written as UTF-8, so its charset is UTF-8.
 */
export function checkMediaType(written: string, text?: string): { readonly type: string } | { readonly fault: string } {
  const parsed = written.length <= MAX_LENGTH && isAscii(written) ? parseMediaType(written) : undefined;
  if (parsed === undefined) return { fault: 'must be a media type such as "application/pdf"' };
  const { type, parameters } = parsed;
  const values = new Map(parameters);
  if (values.size < parameters.length) return { fault: "must not have one parameter twice" };
  if (type.startsWith("multipart/") && !BOUNDARY.test(values.get("boundary") ?? ""))
    return { fault: "must have the boundary of its parts (RFC 2046 section 5.1.1)" };
  const checked = type + written.slice(type.length);
  if (text === undefined) return { type: checked };
  const charset = values.get("charset")?.toLowerCase();
  if (charset === undefined) return { type: type.startsWith("text/") ? `${checked}; charset=utf-8` : checked };
  if (charset === "utf-8" || (charset === "us-ascii" && isAscii(text))) return { type: checked };
  return { fault: `must have charset utf-8, as text is written: give bytes for ${charset}` };
}

/** By the extension of a file name; `constructor` is none, though every object has one. */
export function mediaTypeOf(filename = ""): string {
  const extension = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  const known = filename.includes(".") && Object.hasOwn(MEDIA_TYPES, extension) ? MEDIA_TYPES[extension] : undefined;
  return known ?? "application/octet-stream";
}
