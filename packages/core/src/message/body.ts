import type { Issue } from "../errors.ts";
import { Fields } from "../util/fields.ts";
import { replaceLoneSurrogates } from "../util/safe-text.ts";
import type { AttachmentPolicy } from "./attachment.ts";
import { parseAttachments } from "./attachment.ts";
import { isBytes } from "./attachment-stream.ts";
import { parseHeaders, partHeaderRule } from "./headers.ts";
import { inlineDataImages } from "./inline-images.ts";
import type { AlternativeInput, CalendarInput, MessageInput } from "./input.ts";
import { checkMediaType } from "./media-type.ts";
import type { Alternative, Attachment, Message } from "./message.ts";
import { textFromHtml } from "./text-from-html.ts";

/** Forms of one text; nobody has more than a handful. */
const MAX_ALTERNATIVES = 100;

/** What the message says, in all its forms. */
export type Body = Pick<Message, "text" | "html" | "amp" | "calendar" | "alternatives" | "attachments">;

/** @param createId names the parts that HTML refers to. */
export function parseBody(
  fields: Fields<MessageInput>,
  policy: AttachmentPolicy,
  createId: () => string,
  issues: Issue[],
): Body {
  const written = parseText(fields, "html");
  const inlined =
    fields.flag("inlineDataImages", false) && written !== undefined
      ? inlineDataImages(written, createId, issues)
      : undefined;
  const html = inlined?.html ?? written;
  const made = fields.flag("textFromHtml", false) && html !== undefined ? textFromHtml(html) : undefined;
  const text = parseText(fields, "text") ?? (made || undefined);
  const amp = parseText(fields, "amp");
  const invitation = fields.has("calendar") ? parseCalendar(fields.section("calendar"), issues) : undefined;
  const attachments = fields.has("attachments")
    ? parseAttachments(fields.raw("attachments"), "attachments", policy, issues)
    : [];
  return {
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
    ...(amp !== undefined && { amp }),
    ...(invitation !== undefined && { calendar: invitation.calendar }),
    alternatives: fields.has("alternatives") ? parseAlternatives(fields.raw("alternatives"), issues) : [],
    attachments: [...(inlined?.images ?? []), ...attachments, ...(invitation?.attached ?? [])],
  };
}

function parseText(fields: Fields<MessageInput>, name: "text" | "html" | "amp"): string | undefined {
  const text = fields.raw(name);
  if (typeof text === "string") return replaceLoneSurrogates(text);
  if (text !== undefined) fields.refuse(name, "must be a string");
  return undefined;
}

interface Invitation {
  readonly calendar: NonNullable<Message["calendar"]>;
  readonly attached: readonly Attachment[];
}

/** An iCalendar object and its method, which must be the one that the object itself names (RFC 6047 section 2.4). */
function parseCalendar(fields: Fields<CalendarInput>, issues: Issue[]): Invitation | undefined {
  const content = fields.raw("content");
  const isCalendar = typeof content === "string" && /^\ufeff?\s*BEGIN:VCALENDAR\s/i.test(content);
  if (!isCalendar) fields.refuse("content", "must be iCalendar text, which begins with BEGIN:VCALENDAR");
  const own = isCalendar ? /^METHOD(?:;[^:\r\n]*)?:([\w-]+)\s*$/im.exec(content)?.[1]?.toUpperCase() : undefined;
  const method = fields.text("method")?.toUpperCase() ?? own ?? "PUBLISH";
  if (!/^[\w-]+$/.test(method)) fields.refuse("method", "must be a word such as REQUEST, CANCEL or REPLY");
  else if (own !== undefined && own !== method) fields.refuse("method", `must be ${own}, as the content says`);
  const attach = fields.raw("attach") ?? false;
  if (typeof attach !== "boolean" && typeof attach !== "string")
    fields.refuse("attach", "must be true, false or a file name");
  fields.refuseOthers();
  if (!isCalendar) return undefined;

  const calendar = { method, content: replaceLoneSurrogates(content) };
  const filename = attach === true ? "invite.ics" : attach;
  if (typeof filename !== "string") return { calendar, attached: [] };
  // Not text/calendar once more: readers that show it would ask the same question twice.
  const attachment = { filename, contentType: "application/ics", content: calendar.content };
  return { calendar, attached: parseAttachments([attachment], "calendar.attach", {}, issues) };
}

function parseAlternatives(input: unknown, issues: Issue[]): Alternative[] {
  if (Array.isArray(input) && input.length <= MAX_ALTERNATIVES) {
    return Array.from(input, (one, index) => parseAlternative(one, `alternatives[${index}]`, issues));
  }
  issues.push({ path: "alternatives", message: `must be a list of ${MAX_ALTERNATIVES} at most` });
  return [];
}

function parseAlternative(input: unknown, path: string, issues: Issue[]): Alternative {
  const fields = new Fields<AlternativeInput>(input, path, issues);
  const content = fields.raw("content");
  const isText = typeof content === "string";
  if (!isText && !isBytes(content)) fields.refuse("content", "must be a string or Uint8Array");
  const type = checkMediaType(fields.text("contentType") ?? "text/plain", isText ? content : undefined);
  if (!fields.has("contentType")) fields.refuse("contentType", "is missing");
  else if ("fault" in type) fields.refuse("contentType", type.fault);
  else if (/^(?:message|multipart)\//.test(type.type))
    fields.refuse("contentType", "must be that of a text; a message or multipart is attached");
  const headers = parseHeaders(fields.raw("headers"), fields.pathOf("headers"), partHeaderRule, issues);
  fields.refuseOthers();
  return {
    contentType: "type" in type ? type.type : "",
    content: isText ? replaceLoneSurrogates(content) : isBytes(content) ? content : "",
    headers,
  };
}
