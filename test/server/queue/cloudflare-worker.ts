import type { WorkersBatch } from "../../../packages/server/src/queue/cloudflare.ts";
import { type Bindings, createWorker } from "../../../packages/server/src/worker/create-worker.ts";

/**
 * The Worker as it is deployed, but with the clock and the faults of a test: what takes minutes in earnest takes milliseconds
 * here, and time leaps when a test says so. Under `/test` it tells what came to its consumer.
 */
interface TestBindings extends Bindings {
  readonly QUEUE: NonNullable<Bindings["QUEUE"]>;
}

type Life = Parameters<typeof worker.fetch>[2];

type Fault = "none" | "before" | "after" | "lost-announcements";

let leaptMs = 0;
let fault: Fault = "none";
const announced: { id: string; delaySeconds: number }[] = [];
const batches: string[][] = [];
const dead: string[] = [];

const worker = createWorker({
  clock: () => new Date(Date.now() + leaptMs),
  outboxLimits: { firstDelayMs: 60, longestDelayMs: 200, faultsToPause: 1_000 },
});

export default {
  async fetch(request: Request, bindings: TestBindings, life: Life): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/test/")) return worker.fetch(request, watched(bindings), life);
    if (pathname === "/test/leap") leaptMs += Number(await request.text());
    if (pathname === "/test/fault") fault = (await request.text()) as Fault;
    return Response.json({ announced, batches, dead });
  },
  async queue(batch: WorkersBatch & { readonly queue: string }, bindings: TestBindings, life: Life): Promise<void> {
    const ids = batch.messages.map(({ body }) => String(body));
    if (batch.queue === "edgepost-dead") {
      dead.push(...ids);
      return;
    }
    batches.push(ids);
    if (fault === "before") throw new Error("The consumer dies before it has done anything.");
    await worker.queue(batch, watched(bindings), life);
    if (fault === "after") throw new Error("The consumer dies after it has done everything.");
  },
  scheduled: (event: { readonly cron: string }, bindings: TestBindings) => worker.scheduled(event, watched(bindings)),
};

function watched(bindings: TestBindings): TestBindings {
  const { QUEUE } = bindings;
  return {
    ...bindings,
    QUEUE: {
      async sendBatch(messages) {
        if (fault === "lost-announcements") throw new Error("The queue takes nothing.");
        const sent = [...messages];
        announced.push(...sent.map(({ body, delaySeconds }) => ({ id: body, delaySeconds })));
        return QUEUE.sendBatch(sent);
      },
    },
  };
}
