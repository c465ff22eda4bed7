import { toBase64 } from "../encoding.ts";
import { toAddresses, toText } from "./address-text.ts";
import { type Form, startForm } from "./form.ts";

/** A message as the fields of a form, and as the body of `POST /v1/messages`: the same, in either direction. */
export type MessageBody = Readonly<Record<string, unknown>>;

export const ADDRESS_FIELDS = ["from", "to", "cc", "bcc", "replyTo"] as const;
const TEXT_FIELDS = ["connection", "subject", "text", "html"] as const;

/** What the form says, with its files and those that were attached before. */
export function toMessage(form: Form): MessageBody {
  const texts = TEXT_FIELDS.map((name) => [name, form.exact(name)] as const);
  const addresses = ADDRESS_FIELDS.map((name) => [name, toAddresses(form.text(name))] as const);
  const filled = [...texts, ...addresses].filter(([, value]) => value.trim() !== "");
  const keep = form.all("keep");
  const kept = form
    .all("attachment")
    .filter((_, index) => keep.includes(String(index)))
    .map(parse);
  const chosen = form.files("files").map(({ filename, contentType, content }) => ({
    filename,
    ...(contentType !== "" && { contentType }),
    content: toBase64(content.bytes()),
    encoding: "base64",
  }));
  const attachments = [...kept, ...chosen];
  return {
    ...(parse(form.exact("rest") || "{}") as object),
    ...Object.fromEntries(filled),
    ...(attachments.length > 0 && { attachments }),
  };
}

/** The same body as a form. What it has no field for travels along unseen. */
export function toFields(body: MessageBody): Form {
  const { attachments, ...others } = body;
  const shown = new Set<string>([...TEXT_FIELDS, ...ADDRESS_FIELDS]);
  // A connection that is brought along has no name to choose.
  const isShown = (name: string, value: unknown) =>
    shown.has(name) && !(name === "connection" && typeof value === "object");
  const rest = Object.entries(others).filter(([name, value]) => !isShown(name, value));
  const list = listOf(attachments).map((attachment) => JSON.stringify(attachment));
  const fields = [...shown].filter((name) => isShown(name, others[name])).map((name) => [name, toText(others[name])]);
  return startForm({
    ...Object.fromEntries(fields),
    attachment: list,
    keep: list.map((_, index) => String(index)),
    rest: rest.length === 0 ? "" : JSON.stringify(Object.fromEntries(rest)),
  });
}

/** What is written beside the tick of an attachment. */
export function describeAttachment(json: string): { readonly name: string; readonly size: string } {
  const { filename, url, content } = parse(json) as Readonly<Record<string, unknown>>;
  const octets = typeof content === "string" ? Math.floor((content.length * 3) / 4) : undefined;
  return {
    name: String(filename ?? url ?? "?"),
    size: octets === undefined ? "URL" : octets < 1024 ? `${octets} B` : `${Math.ceil(octets / 1024)} KiB`,
  };
}

/** The contents of files, where they would only be in the way of reading. */
export function withoutContents(body: MessageBody): MessageBody {
  if (!Array.isArray(body.attachments)) return body;
  const attachments = body.attachments.map((attachment) =>
    typeof attachment?.content === "string" && attachment.content.length > 200
      ? { ...attachment, content: `${attachment.content.slice(0, 40)}…` }
      : attachment,
  );
  return { ...body, attachments };
}

/** A map of file names to contents is a list too. */
function listOf(attachments: unknown): readonly unknown[] {
  if (Array.isArray(attachments)) return attachments;
  if (typeof attachments !== "object" || attachments === null) return [];
  return Object.entries(attachments).map(([filename, content]) => ({ filename, content }));
}

/** Only what a form of ours put there; whoever changed that gets what any wrong message gets. */
function parse(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
