import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SmtpTls } from "@edgepost/core";
import { startServer } from "@edgepost/server/node";
import { testCertificates } from "../support/tls.ts";
import { startWorker } from "../support/workerd.ts";
import { TOKEN } from "./endpoint.ts";

/** The endpoint behind one of its ready entries, on a real port. */
export interface RunningEntry {
  readonly url: string;
  /** Everything it has logged so far. */
  readonly log: string;
  close(): Promise<void>;
}

export interface Entry {
  readonly name: "Node with SQLite" | "Workers with D1";
  /** What a connection to a mail server of the tests needs here, to trust its certificate. */
  tls(): Promise<{ readonly tls?: SmtpTls }>;
  /** Starts it on an empty store, with `EDGEPOST_…` variables. */
  start(variables?: Readonly<Record<string, string>>): Promise<RunningEntry>;
}

export const ENCRYPTION_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

const VARIABLES = { EDGEPOST_API_KEY: TOKEN, EDGEPOST_ENCRYPTION_KEYS: ENCRYPTION_KEY };

export const ENTRIES: readonly Entry[] = [
  { name: "Node with SQLite", tls: async () => ({ tls: { ca: (await testCertificates()).ca } }), start: startOnNode },
  // There the runtime is told whom to trust: a Worker cannot bring an authority along.
  { name: "Workers with D1", tls: async () => ({}), start: startOnWorkers },
];

async function startOnNode(variables: Readonly<Record<string, string>> = {}): Promise<RunningEntry> {
  const folder = mkdtempSync(join(tmpdir(), "edgepost-entry-"));
  const lines: string[] = [];
  const environment = { ...VARIABLES, EDGEPOST_DATA: folder, EDGEPOST_PORT: "0", ...variables };
  const { url, close } = await startServer(environment, (entry) => lines.push(JSON.stringify(entry)));
  return {
    url,
    get log() {
      return lines.join("\n");
    },
    async close() {
      await close();
      rmSync(folder, { recursive: true });
    },
  };
}

function startOnWorkers(variables: Readonly<Record<string, string>> = {}): Promise<RunningEntry> {
  return startWorker(new URL("../../packages/server/src/worker.ts", import.meta.url), {
    miniflare: { bindings: { ...VARIABLES, ...variables }, d1Databases: ["DB"] },
  });
}
