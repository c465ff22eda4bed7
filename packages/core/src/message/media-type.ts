import { isAscii } from "../util/safe-text.ts";
import { MEDIA_TYPES } from "./media-type-table.ts";

/** Type and subtype (RFC 6838 section 4.2), then parameters whose values are tokens or quoted strings (RFC 2045 section 5.1). */
const MEDIA_TYPE =
  /^([\w!#$&^.+-]+\/[\w!#$&^.+-]+)((?:[ \t]*;[ \t]*[\w!#$&^.+-]+=(?:[\w!#$%&'*+.^`{|}~-]+|"(?:[^"\\\r\n\0]|\\[^\r\n\0])*"))*)$/;
/** One of those parameters: its name, and its value with the quotes. */
const PARAMETER = /;[ \t]*([^\s=;]+)=("(?:[^"\\]|\\.)*"|[^\s;]*)/g;
/** `boundary` of RFC 2046 section 5.1.1, with its quotes or without. */
const BOUNDARY = /^("?)[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]\1$/;
/** RFC 5322 section 2.1.1: longer than a line may ever be. */
const MAX_LENGTH = 998;

/**
 * Checks the media type of a part: its type in lower case with its parameters, or what is wrong with it.
 *
 * @param text the content when it is text. It will be written as UTF-8, so its charset is UTF-8.
 */
export function checkMediaType(written: string, text?: string): { readonly type: string } | { readonly fault: string } {
  const [, type = "", parameters = ""] = (written.length <= MAX_LENGTH && MEDIA_TYPE.exec(written)) || [];
  if (type === "" || !isAscii(written)) return { fault: 'must be a media type such as "application/pdf"' };
  const lower = type.toLowerCase();
  const found = Array.from(
    parameters.matchAll(PARAMETER),
    ([, name = "", value]) => [name.toLowerCase(), value] as const,
  );
  const values = new Map(found);
  if (values.size < found.length) return { fault: "must not have one parameter twice" };
  if (lower.startsWith("multipart/") && !BOUNDARY.test(values.get("boundary") ?? ""))
    return { fault: "must have the boundary of its parts (RFC 2046 section 5.1.1)" };
  if (text === undefined) return { type: lower + parameters };
  const charset = values.get("charset")?.replaceAll('"', "").toLowerCase();
  if (charset === undefined) return { type: lower + parameters + (lower.startsWith("text/") ? "; charset=utf-8" : "") };
  if (charset === "utf-8" || (charset === "us-ascii" && isAscii(text))) return { type: lower + parameters };
  return { fault: `must have charset utf-8, as text is written: give bytes for ${charset}` };
}

/** By the extension of a file name; `constructor` is none, though every object has one. */
export function mediaTypeOf(filename = ""): string {
  const extension = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  const known = filename.includes(".") && Object.hasOwn(MEDIA_TYPES, extension) ? MEDIA_TYPES[extension] : undefined;
  return known ?? "application/octet-stream";
}
