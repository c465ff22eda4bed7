import type { Contender } from "./bench.ts";

/** What a contender's process tells the one that gives it turns. */
export type Report =
  | { readonly what: "opened"; readonly name: string }
  | { readonly what: "turned"; readonly ms: number; readonly cpuMs: number | undefined };

const [, , file = "", task = ""] = process.argv;
const { default: contender }: { default: Contender<unknown> } = await import(`../contenders/${file}.ts`);
const player = await contender.open(JSON.parse(task));

process.on("message", async (message) => {
  if (message === "turn") report(await takeTurn());
  else await end();
});
report({ what: "opened", name: contender.name });

async function takeTurn(): Promise<Report> {
  // What earlier turns left behind is nobody's work in this one.
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const counted = await player.turn();
  const ms = typeof counted === "number" ? counted : performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { what: "turned", ms, cpuMs: contender.isElsewhere ? undefined : (user + system) / 1000 };
}

async function end(): Promise<void> {
  await player.close?.();
  // Pools of peers keep timers and sockets of their own.
  process.exit();
}

function report(message: Report): void {
  process.send?.(message);
}
