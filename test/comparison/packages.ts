import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { bundleSize, EDGE_SEND_PATH } from "../../bench/bundle-size.ts";
import type { Contender } from "./contender.ts";

// What each library is, before it sends anything.

const run = promisify(execFile);

/** And so in the development servers of Next, Vite and the like. */
export async function loadsInNode({ specifier }: Contender): Promise<string> {
  const program = `await import(${JSON.stringify(specifier)})`;
  try {
    await run(process.execPath, ["--conditions=@edgepost/source", "--input-type=module", "--eval", program]);
    return "yes";
  } catch {
    return "no";
  }
}

/** Minified and gzipped, in whole kilobytes (1,000 octets). */
export async function kilobytesInWorker({ name, specifier }: Contender): Promise<number> {
  const { gzipped } = await bundleSize(name === "edgepost" ? EDGE_SEND_PATH : specifier);
  return Math.ceil(gzipped / 1_000);
}

/** `10.6`: major and minor of what is installed here. */
export async function versionOf({ name, specifier }: Contender): Promise<string> {
  const manifest = new URL(
    `../../node_modules/${name === "edgepost" ? "@edgepost/core" : specifier}/package.json`,
    import.meta.url,
  );
  const { version } = JSON.parse(await readFile(manifest, "utf8"));
  return version.split(".").slice(0, 2).join(".");
}
