import { parseArgs } from "node:util";

/** How much is done: all of it, or as much as shows that a bench works. */
export interface Settings {
  /** `--quick`: small counts and two rounds; nothing is written. */
  readonly quick: boolean;
  /** Turns of each contender that count. `--rounds N`; default 5, quick 2. */
  readonly rounds: number;
  /** A count or size: the first for `RESULTS.md`, the second with `--quick`. */
  size(full: number, quick: number): number;
}

/** @returns also the names of the benches that were asked for. */
export function readSettings(args: readonly string[]): { names: readonly string[]; settings: Settings } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, rounds: { type: "string" } },
  });
  const { quick } = values;
  const rounds = Number(values.rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number, at least 1.");
  return {
    names: positionals.filter((name) => name !== "--"),
    settings: { quick, rounds, size: (full, small) => (quick ? small : full) },
  };
}
