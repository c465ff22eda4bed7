/**
 * The endpoint as a Worker.
 *
 * @module @edgepost/server/worker
 */
import { createWorker } from "./worker/create-worker.ts";

export type { Bindings, EndpointWorker } from "./worker/create-worker.ts";

/**
 * The endpoint as a Worker: `main` of a `wrangler.jsonc`, with a D1 database as `DB`, `EDGEPOST_API_KEY` and
 * `EDGEPOST_ENCRYPTION_KEYS` as secrets, and a cron trigger for what has to be done from time to time. With a queue as `QUEUE`,
 * which it consumes too, and a cron trigger of every minute it takes messages for later; with an R2 bucket as `BODIES`, large
 * ones. A setting that is wrong fails every request, and the Worker's log names it.
 *
 * @example
 * export { default } from "@edgepost/server/worker"; // the whole of a Worker of your own
 */
export default createWorker();
