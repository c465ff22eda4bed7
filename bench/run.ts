import type { Bench } from "./harness/bench.ts";
import { describeMachine, versionsOf } from "./harness/machine.ts";
import { keepResult, writeResults } from "./harness/results.ts";
import { readSettings } from "./harness/settings.ts";
import { plainTable } from "./harness/tables.ts";

/**
 * `pnpm bench [NAME…] [--quick] [--rounds N] [--share N]`: runs the benches named, or all, and prints their tables. A full run keeps
 * what it found as `bench/results/NAME.json` and writes `bench/RESULTS.md`; a quick one only shows that they work.
 *
 * How to write a bench stands in `harness/bench.ts`.
 */
const BENCHES = [
  "send-node",
  "send-edge",
  "send-tls",
  "latency",
  "mime-small",
  "mime-large",
  "memory",
  "scale",
  "size",
  "server",
];

const { names, settings } = readSettings(process.argv.slice(2));
const unknown = names.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0) throw new Error(`There is no bench ${unknown.join(", ")}, only ${BENCHES.join(", ")}.`);

for (const name of names.length > 0 ? names : BENCHES) {
  const { default: bench }: { default: Bench } = await import(`./benches/${name}.ts`);
  const machine = describeMachine();
  const versions = versionsOf(["edgepost", ...(bench.packages ?? [])]);
  console.log(`\n=== ${name}: ${bench.what}`);
  console.log(
    Object.entries(versions)
      .map(([packageName, version]) => `${packageName} ${version}`)
      .join(", "),
  );

  const rounds = Math.min(settings.rounds, bench.rounds ?? settings.rounds);
  const { tables, verdicts } = await bench.run({ ...settings, rounds });
  for (const table of tables) console.log(`\n${plainTable(table)}`);
  for (const { target, measured, met } of verdicts) {
    console.log(`${met ? "met   " : "missed"}  ${target}: ${measured.toFixed(2)}`);
  }
  if (settings.quick) continue;
  const date = new Date().toISOString().slice(0, 10);
  const { share } = settings;
  keepResult({ name, what: bench.what, date, rounds, share, machine, versions, tables, verdicts });
  writeResults(BENCHES);
}
