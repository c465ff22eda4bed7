import type { MediaType } from "../util/media-type.ts";
import { parseMediaType } from "../util/media-type.ts";
import { refusal } from "./header.ts";

/** Takes the media type of a part apart, so that it can be written with its lines folded. */
export function parseContentType(text: string): MediaType {
  const parsed = parseMediaType(text);
  if (parsed === undefined) {
    throw refusal("Content-Type", `${JSON.stringify(text)} is not a media type with parameters`);
  }
  return parsed;
}

/** Messages and multiparts are made of parts with encodings of their own, and may have no other (RFC 2045 section 6.4). */
export function isComposite(mediaType: string): boolean {
  return /^(?:message\/(?!global)|multipart\/)/i.test(mediaType);
}
