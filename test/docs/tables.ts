import type { Page } from "./page.ts";

/** The rows of the tables below a heading of a page, cell by cell, without the backticks around code. */
export function rowsBelow({ path, text }: Pick<Page, "path" | "text">, heading: string): string[][] {
  const [, after] = `\n${text}`.split(`\n${heading}\n`);
  if (after === undefined) throw new Error(`${path} has no heading "${heading}".`);
  const [section = ""] = after.split(/^#+ /m);
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.filter((line, at) => !isRule(line) && !isRule(lines[at + 1])).map(cellsOf);
}

/** The line between the head of a table and its rows. */
function isRule(line: string | undefined): boolean {
  return line !== undefined && /^[|\s-]+$/.test(line);
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1"));
}
