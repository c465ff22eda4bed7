import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { migrate } from "../../../packages/server/src/store/migrations.ts";
import type { SqlDatabase } from "../../../packages/server/src/store/sql-database.ts";
import { sqliteStore } from "../../../packages/server/src/store/sqlite.ts";
import { temporaryFolder } from "./drivers.ts";

function memoryDatabase(): SqlDatabase & { tables(): string[] } {
  const database = new DatabaseSync(":memory:");
  return {
    run: async (sql, ...values) => Number(database.prepare(sql).run(...values).changes),
    all: async (sql, ...values) => database.prepare(sql).all(...values),
    async transaction(steps) {
      database.exec("BEGIN");
      try {
        const changes = steps.map(([sql, ...values]) => Number(database.prepare(sql).run(...values).changes));
        database.exec("COMMIT");
        return changes;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    close: async () => database.close(),
    tables: () =>
      database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .all()
        .map(({ name }) => String(name)),
  };
}

const FIRST = ["CREATE TABLE a (x)"];
const SECOND = ["CREATE TABLE b (x)", "INSERT INTO a (x) VALUES (1)"];

test("an empty database gets every step, an older one those it lacks, a current one none", async () => {
  const database = memoryDatabase();
  await migrate(database, [FIRST]);
  expect(database.tables()).toEqual(["a", "migrations"]);
  await migrate(database, [FIRST, SECOND]);
  await migrate(database, [FIRST, SECOND]);
  expect(database.tables()).toEqual(["a", "b", "migrations"]);
  expect(await database.all("SELECT * FROM a")).toHaveLength(1);
});

test("a step that fails leaves nothing behind, and is tried again at the next start", async () => {
  const database = memoryDatabase();
  await expect(migrate(database, [FIRST, ["CREATE TABLE b (x)", "NONSENSE"]])).rejects.toThrow(/NONSENSE/);
  expect(database.tables()).toEqual(["a", "migrations"]);
  await migrate(database, [FIRST, SECOND]);
  expect(database.tables()).toEqual(["a", "b", "migrations"]);
});

test("two servers that start at once on one database do every step once", async () => {
  const database = memoryDatabase();
  await Promise.all([migrate(database, [FIRST, SECOND]), migrate(database, [FIRST, SECOND])]);
  expect(await database.all("SELECT * FROM a")).toHaveLength(1);
});

test("what is in the file is there again after a restart, and only its owner can read it", async () => {
  const path = join(temporaryFolder(), "edgepost.db");
  const key = { id: "k", name: "n", hash: "h", scopes: [], connections: null, createdAt: 1, expiresAt: null };
  const store = await sqliteStore(path);
  await store.keys.insert(key);
  await store.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = await sqliteStore(path);
  expect(await again.keys.find("k")).toEqual(key);
  await again.close();
});

test("a file has one owner: a second one is refused instead of doing half of the work", async () => {
  const path = join(temporaryFolder(), "edgepost.db");
  const store = await sqliteStore(path);
  await expect(sqliteStore(path)).rejects.toThrow(/locked/);
  await store.close();
});
