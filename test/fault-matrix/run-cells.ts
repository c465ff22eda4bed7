import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { type Cell, stepOf } from "./cells.ts";
import type { Environment } from "./environment.ts";
import { runCell } from "./run-cell.ts";
import { MATRIX, type Step } from "./table.ts";

/**
 * Cells met at once. Those with a deadline go first and by themselves: a machine that is busy with others would make them
 * late. Nothing is to be done while a server keeps its client waiting, but in the body megabytes are written before that.
 */
const AT_ONCE = { stalled: 48, stalledInBody: 6, others: 24 };

export const STEPS = Object.keys(MATRIX) as readonly Step[];

/** Meets every fault there is. Answers, row by row, what deviated from the table. */
export async function runCells(
  cells: readonly Cell[],
  environment: Environment,
): Promise<Readonly<Record<Step, readonly string[]>>> {
  // Some cells are about links without TLS, and log in all the same; each of the others looks after its own.
  allowSecretInClear();
  const deviations = Object.fromEntries(STEPS.map((step) => [step, []])) as unknown as Record<Step, string[]>;
  for (const [kind, count] of Object.entries(AT_ONCE)) {
    const waiting = cells.filter((cell) => kindOf(cell) === kind);
    const meetAll = async () => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        deviations[stepOf(cell)].push(...(await runCell(cell, environment)));
      }
    };
    await Promise.all(Array.from({ length: count }, meetAll));
  }
  return deviations;
}

function kindOf({ moment, fault }: Cell): keyof typeof AT_ONCE {
  if (fault.column !== "stall") return "others";
  return moment === "body" ? "stalledInBody" : "stalled";
}
