import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** The versions of packages by their names; `postfix` is the one installed on the machine, `edgepost` this one. */
export function versionsOf(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

function versionOf(name: string): string {
  if (name === "postfix")
    return execFileSync("/usr/sbin/postconf", ["-dh", "mail_version"], { encoding: "utf8" }).trim();
  // Read from the file: most packages do not export it.
  const folder = name === "edgepost" ? "../../packages/core" : `../../node_modules/${name}`;
  const { version } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), "utf8"));
  return String(version);
}
