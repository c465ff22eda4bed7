#!/usr/bin/env node
/**
 * The endpoint on Node.
 *
 * @module @edgepost/server/node
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { main } from "./node/main.ts";

export { createSendQueue } from "./connections/send-queue.ts";
export type { RunningServer } from "./node/start-server.ts";
export { startServer } from "./node/start-server.ts";
export { embeddedQueue } from "./queue/embedded.ts";
export { sqliteStore } from "./store/sqlite.ts";

// Importable, and runnable as it is: `npx @edgepost/server`.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(process.argv[2]);
}
