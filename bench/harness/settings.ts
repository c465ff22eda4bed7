import { parseArgs } from "node:util";

/** How much is done: all of it, or as much as shows that a bench works. */
export interface Settings {
  /** `--quick`: small counts and two rounds; nothing is written. */
  readonly quick: boolean;
  /** Turns of each contender that count. `--rounds N`; default 5, quick 2. */
  readonly rounds: number;
  /** `--share N`: this part of the full counts and sizes, above 0 to 1, for a machine that has other things to do. */
  readonly share: number;
  /** A count or size: the first, times the share, for `RESULTS.md`; the second with `--quick`. */
  size(full: number, quick: number): number;
}

/** @returns also the names of the benches that were asked for. */
export function readSettings(args: readonly string[]): { names: readonly string[]; settings: Settings } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      share: { type: "string", default: "1" },
    },
  });
  const { quick } = values;
  const rounds = Number(values.rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number, at least 1.");
  const share = Number(values.share);
  if (!(share > 0 && share <= 1)) throw new Error("--share takes a number above 0, at most 1.");
  return {
    names: positionals.filter((name) => name !== "--"),
    settings: { quick, rounds, share, size: (full, small) => (quick ? small : Math.ceil(full * share)) },
  };
}
