import { refusal } from "./header.ts";
import type { Parameter } from "./parameter.ts";

export interface ContentType {
  /** `type/subtype`, lower case. */
  readonly mediaType: string;
  readonly parameters: readonly Parameter[];
}

const MEDIA_TYPE = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*/;
const PARAMETER = /^;\s*([^\s=;*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))\s*/;

/** Takes `text/calendar; method=REQUEST` apart (RFC 2045 section 5.1), so that it can be written with its lines folded. */
export function parseContentType(text: string): ContentType {
  const type = MEDIA_TYPE.exec(text);
  if (type === null) throw notAContentType(text);
  const parameters: Parameter[] = [];
  let rest = text.slice(type[0].length);
  while (rest !== "" && rest !== ";") {
    const parameter = PARAMETER.exec(rest);
    if (parameter === null) throw notAContentType(text);
    const [whole, attribute = "", quoted, plain = ""] = parameter;
    parameters.push([attribute.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain]);
    rest = rest.slice(whole.length);
  }
  return { mediaType: String(type[1]).toLowerCase(), parameters };
}

/** Messages and multiparts are made of parts with encodings of their own, and may have no other (RFC 2045 section 6.4). */
export function isComposite(mediaType: string): boolean {
  return /^(?:message\/(?!global)|multipart\/)/i.test(mediaType);
}

function notAContentType(text: string) {
  return refusal("Content-Type", `${JSON.stringify(text)} is not a media type with parameters`);
}
