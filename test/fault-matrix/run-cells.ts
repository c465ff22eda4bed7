import { type Cell, stepOf } from "./cells.ts";
import { type Environment, runCell } from "./run-cell.ts";
import { MATRIX, type Step } from "./table.ts";

/** Cells met at once. Where the server keeps its client waiting there is nothing to do meanwhile. */
const AT_ONCE = { stalled: 48, others: 16 };

export const STEPS = Object.keys(MATRIX) as readonly Step[];

/** Meets every fault there is. Answers, row by row, what deviated from the table. */
export async function runCells(
  cells: readonly Cell[],
  environment: Environment,
): Promise<Readonly<Record<Step, readonly string[]>>> {
  const deviations = Object.fromEntries(STEPS.map((step) => [step, []])) as unknown as Record<Step, string[]>;
  const meet = async (waiting: Cell[]) => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      deviations[stepOf(cell)].push(...(await runCell(cell, environment)));
    }
  };
  const stalled = cells.filter(({ fault }) => fault.column === "stall");
  const others = cells.filter(({ fault }) => fault.column !== "stall");
  await Promise.all([
    ...Array.from({ length: AT_ONCE.stalled }, () => meet(stalled)),
    ...Array.from({ length: AT_ONCE.others }, () => meet(others)),
  ]);
  return deviations;
}
