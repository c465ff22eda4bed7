import type { Alternative, Attachment, AttachmentSource, Header, Message } from "../message/message.ts";
import { boundaryMaker } from "./boundary.ts";
import { isComposite, parseContentType } from "./content-type.ts";
import { structuredField, textField } from "./header.ts";
import type { Parameter } from "./parameter.ts";
import { asciiFallback, parameterizedField } from "./parameter.ts";

/** A body part with its header fields, all but Content-Transfer-Encoding: that depends on what the server takes. */
export type Part = TextPart | ContentPart | Multipart;

export interface TextPart {
  readonly kind: "text";
  readonly fields: readonly string[];
  readonly text: string;
}

export interface ContentPart {
  readonly kind: "content";
  readonly fields: readonly string[];
  readonly mediaType: string;
  readonly source: AttachmentSource;
  /** What to call it in an error. */
  readonly label: string;
}

export interface Multipart {
  readonly kind: "multipart";
  readonly fields: readonly string[];
  readonly boundary: string;
  readonly parts: readonly Part[];
}

/**
 * The body of a message: `mixed( related( alternative( text, amp, html, calendar, others ), inline… ), attachments… )`
 * with only the levels that are needed (RFC 2046 section 5.1, RFC 2387).
 */
export function bodyPart(message: Message, random: (bytes: number) => Uint8Array): Part {
  const { html, attachments } = message;
  const composites = attachments.filter(({ contentType }) => isComposite(contentType));
  const createBoundary = boundaryMaker(
    random,
    composites.map(({ content }) => content),
  );

  function level(subtype: string, parts: readonly Part[], parameters: readonly Parameter[] = []): readonly Part[] {
    if (parts.length < 2) return parts;
    const boundary = createBoundary();
    const field = parameterizedField("Content-Type", `multipart/${subtype}`, [...parameters, ["boundary", boundary]]);
    return [{ kind: "multipart", fields: [field], boundary, parts }];
  }

  // What no HTML refers to by its content id is an attachment: as a part of the HTML, readers would hide it.
  const isInline = ({ disposition, contentId }: Attachment) =>
    html !== undefined && disposition === "inline" && contentId !== undefined;
  const inline = attachments.filter(isInline).map((attachment) => attachmentPart(attachment, "inline"));
  const attached = attachments
    .filter((attachment) => !isInline(attachment))
    .map((attachment) => attachmentPart(attachment, html === undefined ? "attachment" : attachment.disposition));

  const forms = textParts(message);
  const alternative = level("alternative", forms);
  const rootType = forms.length > 1 ? "multipart/alternative" : "text/html";
  const related = level("related", [...alternative, ...inline], [["type", rootType]]);
  const [body = textPart("text/plain", "")] = level("mixed", [...related, ...attached]);
  return body;
}

/** In the order of RFC 2046 section 5.1.4: each is a better form than the one before, for readers who know it. */
function textParts({ text, amp, html, calendar, alternatives }: Message): Part[] {
  const parts: Part[] = [];
  if (text !== undefined) parts.push(textPart("text/plain", text));
  // Before HTML, since some readers show the last form, whether they know it or not.
  if (amp !== undefined) parts.push(textPart("text/x-amp-html", amp));
  if (html !== undefined) parts.push(textPart("text/html", html));
  if (calendar !== undefined) parts.push(textPart(`text/calendar; method=${calendar.method}`, calendar.content));
  for (const alternative of alternatives) {
    const { contentType, content, headers } = alternative;
    parts.push(typeof content === "string" ? textPart(contentType, content, headers) : bytesPart(alternative, content));
  }
  return parts;
}

function textPart(contentType: string, text: string, headers: readonly Header[] = []): TextPart {
  const { type: mediaType, parameters } = parseContentType(contentType);
  const others = parameters.filter(([attribute]) => attribute !== "charset");
  // Whatever charset was given: a string is written as UTF-8. Other media types (JSON) have none to give.
  const isCharsetKnown = mediaType.startsWith("text/") || others.length < parameters.length;
  const field = parameterizedField(
    "Content-Type",
    mediaType,
    isCharsetKnown ? [["charset", "utf-8"], ...others] : others,
  );
  return { kind: "text", fields: [field, ...headers.map(customField)], text };
}

function attachmentPart(attachment: Attachment, disposition: Attachment["disposition"]): ContentPart {
  const { filename, contentType, contentId, content, headers } = attachment;
  const { type: mediaType, parameters } = parseContentType(contentType);
  const others = parameters.filter(([attribute]) => attribute !== "name");
  const name: Parameter[] = filename === undefined ? [] : [["name", asciiFallback(filename)]];
  return {
    kind: "content",
    fields: [
      parameterizedField("Content-Type", mediaType, [...others, ...name]),
      parameterizedField("Content-Disposition", disposition, filename === undefined ? [] : [["filename", filename]]),
      ...(contentId === undefined ? [] : [structuredField("Content-ID", [`<${contentId}>`])]),
      ...headers.map(customField),
    ],
    mediaType,
    source: content,
    label: filename === undefined ? `An attachment (${mediaType})` : `The attachment ${JSON.stringify(filename)}`,
  };
}

function bytesPart({ contentType, headers }: Alternative, bytes: Uint8Array): ContentPart {
  const { type: mediaType, parameters } = parseContentType(contentType);
  return {
    kind: "content",
    fields: [parameterizedField("Content-Type", mediaType, parameters), ...headers.map(customField)],
    mediaType,
    source: { kind: "bytes", bytes },
    label: `The alternative ${mediaType}`,
  };
}

function customField({ name, value }: Header): string {
  return textField(name, value);
}
