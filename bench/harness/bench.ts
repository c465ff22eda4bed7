import type { Settings } from "./settings.ts";

/**
 * What a bench is made of: how to write one.
 *
 * A bench is one file in `bench/benches` whose default export is a {@link Bench}; `bench/run.ts` lists its name. It
 * returns tables, and verdicts on its targets. Where things are compared, `race` in `race.ts` gives the contenders turns
 * (A B A B …, each in a process of its own) and `rateTable` in `tables.ts` makes a table of it. A contender is one file in
 * `bench/contenders` whose default export is a {@link Contender}. What a reader must know beside the figures stands in
 * `bench/notes/NAME.md`, which the command merges into `RESULTS.md` and never writes.
 */
export interface Bench {
  readonly name: string;
  /** What is done, in a sentence for `RESULTS.md`. */
  readonly what: string;
  /** Packages whose versions are printed beside it, `postfix` and `workerd` among them; ours always is. */
  readonly packages?: readonly string[];
  /** The most rounds there is a use for. Default: as many as were asked for. */
  readonly rounds?: number;
  run(settings: Settings): Promise<Findings>;
}

export interface Findings {
  readonly tables: readonly Table[];
  readonly verdicts: readonly Verdict[];
}

/** Numbers stay numbers for the JSON; how many digits of them a reader sees is said by the column. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Column {
  readonly name: string;
  /** Digits after the point. Default: 0. */
  readonly digits?: number;
}

/** `undefined` where there is nothing to say. */
export type Cell = string | number | undefined;

/** A target and what came of it. */
export interface Verdict {
  readonly target: string;
  readonly measured: number;
  readonly met: boolean;
}

export function atLeast(minimum: number, target: string, measured: number): Verdict {
  return { target, measured, met: measured >= minimum };
}

export function atMost(maximum: number, target: string, measured: number): Verdict {
  return { target, measured, met: measured <= maximum };
}

/**
 * One of those that are compared. It is opened in a process of its own, once for all its turns, so that each has its own
 * heap, its own compiled code and, where it keeps them, its own warm connections.
 */
export interface Contender<Task> {
  readonly name: string;
  /** Does its work in other processes: the processor time of this one says nothing. Default: false. */
  readonly isElsewhere?: boolean;
  open(task: Task): Promise<Player>;
}

export interface Player {
  /** Does the whole work once. A number it resolves to is the milliseconds of it that count; otherwise all of them do. */
  turn(): Promise<unknown>;
  close?(): Promise<void>;
}
