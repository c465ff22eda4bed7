import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { folderOf, packageNames } from "./doors.ts";

const run = promisify(execFile);

/** Packs every package as it would be published, into a new folder. Gives the path of each tarball by package name. */
export async function packAll(): Promise<{ folder: string; tarballs: Readonly<Record<string, string>> }> {
  const folder = await mkdtemp(join(tmpdir(), "edgepost-tarballs-"));
  const tarballs: Record<string, string> = {};
  for (const name of packageNames) {
    const { stdout } = await pnpm(["pack", "--json", "--pack-destination", folder], fileURLToPath(folderOf(name)));
    tarballs[name] = JSON.parse(stdout).filename;
  }
  return { folder, tarballs };
}

/** Runs pnpm: the one that runs these tests, or else the pinned one by npx. */
export function pnpm(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd, maxBuffer: 64 * 1024 * 1024 };
  const runner = process.env.npm_execpath ?? "";
  if (/pnpm\.c?js$/.test(runner)) return run(process.execPath, [runner, ...args], options);
  return run("npx", ["-y", "pnpm@10.34.9", ...args], options);
}
