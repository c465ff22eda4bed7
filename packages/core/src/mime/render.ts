import { MailError } from "../errors.ts";
import type { BodyForm } from "../outgoing.ts";
import { base64Length, createBase64Encoder, writeBase64Lines } from "./base64.ts";
import { isComposite } from "./content-type.ts";
import type { LineFault } from "./line-filter.ts";
import { createLineFilter } from "./line-filter.ts";
import type { ContentPart, Multipart, Part, TextPart } from "./part.ts";
import type { ContentEncoding, Segment } from "./segment.ts";
import type { TransferEncoding } from "./transfer-encoding.ts";
import { encodeText } from "./transfer-encoding.ts";

/** A message or a part of one as it will be sent: its fields complete, its content encoded or ready to be. */
export interface Rendered {
  readonly fields: readonly string[];
  readonly body: readonly Segment[];
}

interface RenderedPart extends Rendered {
  readonly encoding: TransferEncoding;
}

/** The body of a message in a form the server takes, ended by CRLF. */
export function renderBody(part: Part, form: BodyForm): Rendered {
  // A final CRLF must follow, which binary content would take for its own.
  const { fields, body } = renderPart(part, part.kind === "content" && form === "binary" ? "8bit" : form);
  return { fields, body: endsLine(body.at(-1)) ? body : [...body, "\r\n"] };
}

/** Header, empty line, body. */
export function joinFields({ fields, body }: Rendered): readonly Segment[] {
  return [header(fields), ...body];
}

function header(fields: readonly string[]): string {
  let lines = "";
  for (const field of fields) lines += `${field}\r\n`;
  return `${lines}\r\n`;
}

function renderPart(part: Part, form: BodyForm): RenderedPart {
  switch (part.kind) {
    case "text":
      return renderText(part, form);
    case "content":
      return renderContent(part, form);
    case "multipart":
      return renderMultipart(part, form);
  }
}

function renderText({ fields, text }: TextPart, form: BodyForm): RenderedPart {
  const { encoding, content } = encodeText(text, form);
  return encoded(fields, encoding, [content]);
}

/**
 * Contents go as base64 also when they are text: it is the only encoding all readers turn back into the very same bytes.
 * Messages may not be encoded (RFC 2046 section 5.2.1) and go line by line.
 */
function renderContent(part: ContentPart, form: BodyForm): RenderedPart {
  const content = { source: part.source, label: part.label, endsLine: false };
  if (isComposite(part.mediaType)) {
    const createEncoder = () => createLineFilter(form !== "7bit", (fault) => cannotCarry(part.label, fault));
    const lines = { ...content, endsLine: true, encoding: { createEncoder } };
    return encoded(part.fields, form === "7bit" ? "7bit" : "8bit", [lines]);
  }
  // The lines of a text would be taken for lines of the message.
  if (form === "binary" && !part.mediaType.startsWith("text/")) {
    return encoded(part.fields, "binary", [{ ...content, encoding: UNCHANGED }]);
  }
  return encoded(part.fields, "base64", [{ ...content, encoding: BASE64 }]);
}

function renderMultipart({ fields, boundary, parts }: Multipart, form: BodyForm): RenderedPart {
  const rendered = parts.map((part) => renderPart(part, form));
  const body: Segment[] = [];
  for (const part of rendered) {
    // The CRLF before a boundary belongs to it, and not to the part it ends (RFC 2046 section 5.1.1).
    const delimiter = body.length === 0 ? `--${boundary}\r\n` : `\r\n--${boundary}\r\n`;
    body.push(delimiter + header(part.fields), ...part.body);
  }
  body.push(`\r\n--${boundary}--`);
  // A multipart names the widest octets in it (RFC 2045 section 6.4), where that is more than the default.
  const wider = (["binary", "8bit"] as const).find((encoding) => rendered.some((part) => part.encoding === encoding));
  return wider === undefined ? { encoding: "7bit", fields, body } : encoded(fields, wider, body);
}

function encoded(fields: readonly string[], encoding: TransferEncoding, body: readonly Segment[]): RenderedPart {
  const [contentType = "", ...others] = fields;
  return { encoding, fields: [contentType, `Content-Transfer-Encoding: ${encoding}`, ...others], body };
}

function endsLine(segment: Segment | undefined): boolean {
  if (typeof segment === "string") return segment.endsWith("\r\n");
  if (segment instanceof Uint8Array) return segment.at(-1) === 0x0a;
  return segment?.endsLine ?? false;
}

const NOTHING = new Uint8Array(0);
const UNCHANGED: ContentEncoding = { createEncoder: () => ({ push: (chunk) => chunk, end: () => NOTHING }) };
const BASE64: ContentEncoding = {
  createEncoder: createBase64Encoder,
  whole: { length: base64Length, write: writeBase64Lines },
};

const FAULTS: Record<LineFault, string> = {
  nul: "a NUL",
  "long-line": "a line of more than 998 octets",
  "8bit": "octets above 127, which the server does not take",
};

function cannotCarry(label: string, fault: LineFault): MailError {
  return new MailError(
    "unsupported",
    `${label} is a message and may not be encoded, but holds ${FAULTS[fault]}. As application/octet-stream it can be sent.`,
    { phase: "body" },
  );
}
