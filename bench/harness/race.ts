import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Report } from "./contestant.ts";
import type { Settings } from "./settings.ts";

export interface Race<Task> {
  /** Files in `bench/contenders`, without `.ts`. */
  readonly contenders: readonly string[];
  /** How many units of work a turn has: messages, say. */
  readonly units: number;
  /** For those too slow to wait for: which part of the units is theirs, 0 to 1, by the same file names. */
  readonly shares?: Readonly<Record<string, number>>;
  /** What somebody with so many units is to do: JSON, since it goes to another process. */
  task(units: number): Task;
  /** Turns before those that count. Default: 1. */
  readonly warmUps?: number;
  /** Called after each turn, warm-ups included: throws when the work was not done. */
  check?(contender: string, units: number): Promise<void>;
}

/** All the turns of one contender, in order: the nth of each were taken in the same round. */
export interface Runner {
  readonly name: string;
  /** Of each turn. */
  readonly units: number;
  readonly turns: readonly Turn[];
}

export interface Turn {
  readonly ms: number;
  /** Processor time of the contender's process, user and system; `undefined` where it works elsewhere. */
  readonly cpuMs: number | undefined;
}

/** Lets contenders take turns, A B C A B C …, so that whatever else the machine does falls on all of them alike. */
export async function race<Task>(
  { contenders, units, shares = {}, task, warmUps = 1, check }: Race<Task>,
  { rounds }: Settings,
): Promise<readonly Runner[]> {
  const runners: { name: string; file: string; units: number; child: ChildProcess; turns: Turn[] }[] = [];
  try {
    for (const file of contenders) {
      const own = Math.ceil(units * (shares[file] ?? 1));
      const child = fork(new URL("./contestant.ts", import.meta.url), [file, JSON.stringify(task(own))], {
        execArgv: [...process.execArgv, "--expose-gc", "--no-warnings"],
      });
      const { name } = await answer(child, "opened");
      runners.push({ name, file, units: own, child, turns: [] });
    }
    for (let round = -warmUps; round < rounds; round++) {
      for (const { file, units: own, child, turns } of runners) {
        child.send("turn");
        const turn = await answer(child, "turned");
        await check?.(file, own);
        if (round >= 0) turns.push({ ms: turn.ms, cpuMs: turn.cpuMs });
      }
    }
  } finally {
    await Promise.all(runners.map(({ child }) => dismiss(child)));
  }
  return runners.map(({ name, units: own, turns }) => ({ name, units: own, turns }));
}

async function answer<What extends Report["what"]>(
  child: ChildProcess,
  what: What,
): Promise<Extract<Report, { what: What }>> {
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`A contender ended with ${code}.`);
  });
  const [report] = (await Promise.race([once(child, "message"), exited])) as [Report];
  if (report.what !== what) throw new Error(`A contender said ${report.what}, not ${what}.`);
  return report as Extract<Report, { what: What }>;
}

async function dismiss(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.send("end");
  await exited;
}
