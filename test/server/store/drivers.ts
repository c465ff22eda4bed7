import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { afterAll, onTestFinished } from "vitest";
import { type D1, d1Store } from "../../../packages/server/src/store/d1.ts";
import { memoryStore } from "../../../packages/server/src/store/memory.ts";
import { postgresStore } from "../../../packages/server/src/store/postgres.ts";
import { sqliteStore } from "../../../packages/server/src/store/sqlite.ts";
import type { Store } from "../../../packages/server/src/store/store.ts";
import { startPostgres, type TestPostgres, whyNoPostgres } from "../../support/postgres.ts";

const postgres = usePostgres();

/** Every place a store can be in, each opened empty and gone after the test. Postgres where it can be started. */
export const STORES: readonly (readonly [name: string, open: () => Promise<Store>])[] = [
  ["memory", async () => memoryStore()],
  ["SQLite in a file", () => closing(sqliteStore(join(temporaryFolder(), "edgepost.db")))],
  ["D1", async () => d1Store(await emptyD1())],
  ...(whyNoPostgres === undefined
    ? [["Postgres", async () => closing(postgresStore(await (await postgres()).createDatabase()))] as const]
    : []),
];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edgepost-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export async function emptyD1(): Promise<D1> {
  const miniflare = new Miniflare({
    modules: true,
    script: "export default { fetch: () => new Response() }",
    d1Databases: ["DB"],
  });
  onTestFinished(() => miniflare.dispose());
  return (await miniflare.getD1Database("DB")) as unknown as D1;
}

/** One Postgres for the tests of a file, started when the first of them asks for it. */
export function usePostgres(): () => Promise<TestPostgres> {
  let starting: Promise<TestPostgres> | undefined;
  afterAll(async () => (await starting)?.close());
  return () => {
    starting ??= startPostgres();
    return starting;
  };
}

async function closing(opening: Promise<Store>): Promise<Store> {
  const store = await opening;
  onTestFinished(() => store.close());
  return store;
}
