import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { type AttachmentPolicy, MailError } from "@edgepost/core";
import { openFile } from "./file-attachment.ts";

/** `true`: any file this process can read. A string: only files below that folder. */
export type FilesOption = true | string;

/** Opens the files of `path` attachments. Relative paths begin at the folder, or at the working directory. */
export function createFileReader(files: FilesOption): NonNullable<AttachmentPolicy["openPath"]> {
  return async (path) => openFile(files === true ? path : await resolveBelow(files, path));
}

/** Where the path really leads: neither `..` nor a symbolic link gets out of the folder. */
async function resolveBelow(folder: string, path: string): Promise<string> {
  const [root, file] = await Promise.all([follow(folder), follow(resolve(folder, path))]);
  const inside = root !== undefined && file !== undefined ? relative(root, file) : "..";
  if (file !== undefined && inside !== "" && !/^\.\.(?:[\\/]|$)/.test(inside) && !isAbsolute(inside)) return file;
  // The same for a file outside and for one that is not there: nobody learns what else is on the disk.
  throw new MailError("attachment-failed", `The file ${path} is not below the folder that attachments may come from.`, {
    phase: "input",
  });
}

async function follow(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}
