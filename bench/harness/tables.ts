import type { Cell, Column, Table } from "./bench.ts";
import type { Runner } from "./race.ts";
import { median, spread } from "./statistics.ts";

export interface RateOptions {
  readonly title: string;
  /** What is counted, in the singular: `message`, `MB`. */
  readonly unit: string;
  /** The runner all others are compared with. */
  readonly baseline: string;
}

/** Runners side by side: how many a second, how far the rounds lay apart, and how many times as many as the baseline. */
export function rateTable(runners: readonly Runner[], { title, unit, baseline }: RateOptions): Table {
  return {
    title,
    columns: [
      { name: "" },
      { name: `${unit}s / s` },
      { name: "spread %" },
      { name: `processor µs / ${unit}`, digits: 1 },
      { name: `× ${baseline}`, digits: 2 },
    ],
    rows: runners.map(({ name, units, turns }) => {
      const rates = turns.map(({ ms }) => (units * 1000) / ms);
      const cpu = turns.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [(cpuMs * 1000) / units]));
      return [
        name,
        median(rates),
        spread(rates),
        cpu.length === 0 ? undefined : median(cpu),
        timesFaster(runners, name, baseline),
      ];
    }),
  };
}

/**
 * How many times faster one is than another: the median over the rounds, each compared within itself, so that a machine
 * that gets slower in between makes no difference.
 */
export function timesFaster(runners: readonly Runner[], name: string, other: string): number {
  const one = timesOf(runners, name);
  const two = timesOf(runners, other);
  return median(one.map((time, round) => (two[round] ?? Number.NaN) / time));
}

/** Milliseconds for a unit, in each round. */
function timesOf(runners: readonly Runner[], name: string): readonly number[] {
  const runner = runners.find((candidate) => candidate.name === name);
  if (runner === undefined) throw new Error(`Nobody called ${name} took part.`);
  return runner.turns.map(({ ms }) => ms / runner.units);
}

/** Columns side by side, for a terminal. */
export function plainTable({ title, columns, rows }: Table): string {
  const lines = asText(columns, rows);
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (line: readonly string[]) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return [title, ...lines.map((line) => `  ${pad(line).join("   ")}`)].join("\n");
}

export function markdownTable({ title, columns, rows }: Table): string {
  const [head = [], ...body] = asText(columns, rows);
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = columns.map((_, column) => (column === 0 ? "---" : "--:"));
  return [`**${title}**`, "", row(head), row(rule), ...body.map(row)].join("\n");
}

function asText(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[][] {
  return [columns.map(({ name }) => name), ...rows.map((row) => row.map((cell, at) => formatCell(cell, columns[at])))];
}

function formatCell(cell: Cell, { digits = 0 }: Partial<Column> = {}): string {
  if (typeof cell !== "number") return cell ?? "–";
  return cell.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
