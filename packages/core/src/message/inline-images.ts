import type { Issue } from "../errors.ts";
import { decodeBase64 } from "../util/base64.ts";
import { encodeUtf8 } from "../util/bytes.ts";
import { quoteForMessage } from "../util/safe-text.ts";
import { decodeEntities } from "./html-entities.ts";
import type { Attachment } from "./message.ts";

const SOURCE = /\ssrc\s*=\s*(["']?)\s*$/i;
/** Enough for `src = "` with the space people put there. */
const MAX_SOURCE_LENGTH = 16;
const DATA_URL = /^data:(image\/[\w.+-]+)((?:;[\w.+-]+=[\w.+-]+)*)(;base64)?,/i;
const MAX_DATA_HEAD_LENGTH = 200;
/** Each is a part of the message, like an attachment: more than any newsletter has, and no megabytes of part headers. */
const MAX_IMAGES = 1000;

/**
 * Takes the `data:` images out of HTML and leaves `cid:` references (RFC 2392): most mail programs show inline parts,
 * and few show `data:` URLs.
 *
 * @param createId names each part; with the same ids comes the same HTML.
 */
export function inlineDataImages(
  html: string,
  createId: () => string,
  issues: Issue[],
): { readonly html: string; readonly images: readonly Attachment[] } {
  const images: Attachment[] = [];
  let written = "";
  let position = 0;
  for (const { index: start } of html.matchAll(/data:/gi)) {
    if (start < position) continue;
    const quote = SOURCE.exec(html.slice(Math.max(position, start - MAX_SOURCE_LENGTH), start))?.[1];
    const head = DATA_URL.exec(html.slice(start, start + MAX_DATA_HEAD_LENGTH));
    if (quote === undefined || head === null) continue;
    const end = endOfValue(html, start, quote);
    const [prefix, contentType = "", , base64] = head;
    const bytes = decodeData(html.slice(start + prefix.length, end), base64 !== undefined);
    if (bytes === undefined) {
      issues.push({ path: "html", message: `has a data: image that cannot be decoded: ${quoteForMessage(prefix)}` });
      continue;
    }
    if (images.length === MAX_IMAGES) {
      issues.push({ path: "html", message: `must not have more than ${MAX_IMAGES} data: images` });
      break;
    }
    const image = inlineImage(bytes, contentType.toLowerCase(), createId(), images.length + 1);
    images.push(image);
    written += `${html.slice(position, start)}cid:${image.contentId}`;
    position = end;
  }
  return { html: written + html.slice(position), images };
}

function endOfValue(html: string, start: number, quote: string): number {
  if (quote !== "") {
    const end = html.indexOf(quote, start);
    return end < 0 ? html.length : end;
  }
  const length = html.slice(start).search(/[\s>]/);
  return length < 0 ? html.length : start + length;
}

function decodeData(data: string, isBase64: boolean): Uint8Array | undefined {
  try {
    const text = decodeURIComponent(decodeEntities(data));
    return isBase64 ? decodeBase64(text.replace(/\s+/g, "")) : encodeUtf8(text);
  } catch {
    return undefined;
  }
}

function inlineImage(
  bytes: Uint8Array,
  contentType: string,
  contentId: string,
  number: number,
): Attachment & { contentId: string } {
  const extension = contentType.slice("image/".length).replace(/\+.*$/, "").replace("jpeg", "jpg");
  return {
    filename: `image-${number}.${extension}`,
    contentType,
    disposition: "inline",
    contentId,
    headers: [],
    content: { kind: "bytes", bytes },
  };
}
