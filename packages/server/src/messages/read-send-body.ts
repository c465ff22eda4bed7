import type { AttachmentInput, AttachmentsInput, MessageInput } from "@edgepost/core";
import { FormFile } from "../http/form-file.ts";
import { boundaryOf, type MultipartLimits, type Part, readMultipart } from "../http/multipart.ts";
import { RequestProblem } from "../http/problem.ts";
import { type BodyLimits, parseJsonBytes, readJson } from "../http/read-json.ts";
import { parseSendBody, type SendBody } from "./send-body.ts";

export type SendBodyLimits = BodyLimits & MultipartLimits;

/** A message to send, and the octets that make an equal request equal. */
export interface ReadSendBody {
  readonly body: SendBody;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a message to send: JSON, or a form with the part `message` (that JSON) and files, in any order.
 *
 * Files are streamed into memory and, encoded on the way, from there to the mail server: each octet is in memory once.
 * They do not go on while they arrive. What they are called, whether they are those of the first request with this key
 * and how large the message is must be known before, and no mail server shall wait for a slow client.
 *
 * An attachment of the JSON takes its content from a file by `"file": "<name of the part>"`, beside any other field.
 * Files that none takes become attachments in their order. A part `raw` is a ready message.
 */
export async function readSendBody(request: Request, limits: SendBodyLimits): Promise<ReadSendBody> {
  const boundary = boundaryOf(request.headers.get("content-type") ?? "");
  if (boundary === undefined || request.body === null) {
    const { json, bytes } = await readJson(request, limits);
    return { body: parseSendBody(json), bytes };
  }
  const parts = await readMultipart(request.body, boundary, limits);
  const message = onlyMessage(parts);
  const files = parts.filter((part) => part !== message);
  const bytes = await summarize([message, ...files]);
  return { body: withFiles(parseJsonBytes(message.content.bytes(), limits.maxJsonDepth), files), bytes };
}

function onlyMessage(parts: readonly Part[]): Part {
  const [message, ...others] = parts.filter(({ name }) => name === "message");
  if (message === undefined || others.length > 0) {
    throw new RequestProblem("malformed-body", "The form must have one part `message`, with the message as JSON.");
  }
  return message;
}

function withFiles(json: unknown, files: readonly Part[]): SendBody {
  const { attachments: written, ...rest } = isObject(json) ? json : { attachments: undefined };
  const taken = new Set<Part>();
  const take = (name: unknown) => {
    const file = files.find((part) => part.name === name && !taken.has(part));
    if (file !== undefined) taken.add(file);
    return file;
  };

  const ready = files.find(({ name }) => name === "raw");
  if (ready !== undefined) taken.add(ready);
  const listed = listOf(written).map((attachment, index) => {
    if (!isObject(attachment) || !("file" in attachment)) return attachment;
    const { file: name, ...fields } = attachment;
    const file = take(name);
    if (file === undefined) throw noSuchFile(index);
    return { ...fileAttachment(file), ...fields };
  });
  const others = files.filter((file) => !taken.has(file)).map(fileAttachment);
  const attachments = [...listed, ...others] as AttachmentInput[];

  // The schema speaks of JSON: files have text in their place while it looks.
  const body = parseSendBody(
    isObject(json) ? { ...rest, ...(written !== undefined && { attachments: asText(attachments) }) } : json,
  );
  return {
    ...body,
    message: {
      ...body.message,
      ...(attachments.length > 0 && { attachments }),
      ...(ready !== undefined && { raw: ready.content.bytes() }),
    } as MessageInput,
  };
}

/** A map of file names to contents is a list too. */
function listOf(attachments: unknown): readonly unknown[] {
  if (Array.isArray(attachments)) return attachments;
  if (!isObject(attachments)) return [];
  return Object.entries(attachments as AttachmentsInput).map(([filename, content]) => ({ filename, content }));
}

function fileAttachment({ filename, contentType, content }: Part): object {
  return {
    content,
    ...(filename !== undefined && { filename }),
    ...(contentType !== "" && { contentType }),
  };
}

function asText(attachments: readonly unknown[]): readonly unknown[] {
  return attachments.map((attachment) =>
    isObject(attachment) && attachment.content instanceof FormFile ? { ...attachment, content: "" } : attachment,
  );
}

function noSuchFile(index: number): RequestProblem {
  const errors = [{ pointer: `/attachments/${index}/file`, detail: "names no part of the form, or one that is taken" }];
  return new RequestProblem("invalid-message", "An attachment names a file that is not there.", { errors });
}

/** The same for the same message and files, whatever the boundary between them is. */
async function summarize(parts: readonly Part[]): Promise<Uint8Array<ArrayBuffer>> {
  const described = parts.map(async ({ name, filename, contentType, content }) => [
    name,
    filename,
    contentType,
    await content.digest(),
  ]);
  return new TextEncoder().encode(JSON.stringify(await Promise.all(described)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
