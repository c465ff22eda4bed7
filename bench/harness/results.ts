import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Findings } from "./bench.ts";
import type { Machine } from "./machine.ts";
import { markdownTable } from "./tables.ts";

/** What is kept of the last full run of a bench, as JSON in `bench/results`. */
export interface Result extends Findings {
  readonly name: string;
  readonly what: string;
  readonly date: string;
  readonly rounds: number;
  /** Of the full counts and sizes. Default: 1. */
  readonly share?: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

const BENCH = new URL("../", import.meta.url);

export function keepResult(result: Result): void {
  mkdirSync(new URL("results/", BENCH), { recursive: true });
  writeFileSync(resultFile(result.name), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Writes `RESULTS.md` anew: the last full run of each bench, with the notes of people beside it. */
export function writeResults(names: readonly string[]): void {
  const results = names.filter((name) => existsSync(resultFile(name))).map(readResult);
  const sections = [readNotes("introduction"), ...results.map(formatResult)];
  writeFileSync(new URL("RESULTS.md", BENCH), `# Results of the benchmarks\n\n${sections.join("\n\n")}\n`);
}

function formatResult({ name, what, date, rounds, share = 1, machine, versions, tables, verdicts }: Result): string {
  const { processor, processors, memoryGiB, node } = machine;
  const with_ = Object.entries(versions).map(([packageName, version]) => `${packageName} ${version}`);
  return [
    `## ${name}`,
    what,
    ...tables.map(markdownTable),
    ...(verdicts.length === 0 ? [] : [formatVerdicts(verdicts)]),
    readNotes(name),
    `<sub>${date}, ${rounds} rounds${share < 1 ? ` of ${share} of the full size` : ""}; ${processors} processors (${processor}), ${memoryGiB} GiB, Node ${node}; ${with_.join(", ")}.</sub>`,
  ]
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}

function formatVerdicts(verdicts: Findings["verdicts"]): string {
  return markdownTable({
    title: "Targets",
    columns: [{ name: "target" }, { name: "measured", digits: 2 }, { name: "met" }],
    rows: verdicts.map(({ target, measured, met }) => [target, measured, met ? "yes" : "no"]),
  });
}

function readNotes(name: string): string {
  const file = new URL(`notes/${name}.md`, BENCH);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

function readResult(name: string): Result {
  return JSON.parse(readFileSync(resultFile(name), "utf8"));
}

function resultFile(name: string): URL {
  return new URL(`results/${name}.json`, BENCH);
}
