import { startWorker } from "../../test/support/workerd.ts";
import type { Player } from "../harness/bench.ts";
import type { SendTask } from "./sending.ts";

/** A sender that is a Worker of `bench/workers`: a turn is one request, which opens its connections and sends it all. */
export async function inWorkerd(task: SendTask, worker: string, nodejsCompat = false): Promise<Player> {
  const running = await startWorker(new URL(`../workers/${worker}.ts`, import.meta.url), { nodejsCompat });
  return { turn: async () => void (await running.ask("/", task)), close: () => running.close() };
}
