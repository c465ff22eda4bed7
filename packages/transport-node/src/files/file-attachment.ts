import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type AttachmentInput, MailError } from "@edgepost/core";

/** How a file appears in the message. */
export type FileAttachmentOptions = Pick<
  AttachmentInput,
  "filename" | "contentType" | "contentId" | "disposition" | "headers"
>;

/**
 * A file as an attachment. It is read while the message is sent, and again for a second attempt; one that changes in
 * between fails the send.
 *
 * @param options `filename` is the name of the file and `contentType` goes by its extension, unless given.
 * @throws MailError `attachment-failed` when there is no such file.
 *
 * @example
 * await mailer.send({ to, subject: "Invoice", attachments: [await fileAttachment("./invoice.pdf")] });
 */
export async function fileAttachment(
  path: string | URL,
  options: FileAttachmentOptions = {},
): Promise<AttachmentInput> {
  const file = typeof path === "string" ? path : fileURLToPath(path);
  return { filename: basename(file), ...options, content: await openFile(file) };
}

/** A regular file: a device never ends, and a pipe waits for a writer. */
export async function openFile(path: string): Promise<Blob> {
  try {
    if (!(await stat(path)).isFile()) throw new Error("it is not a file");
    return await openAsBlob(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MailError("attachment-failed", `The file ${path} could not be opened: ${why}.`, {
      phase: "input",
      cause,
    });
  }
}
