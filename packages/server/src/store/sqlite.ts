import { chmodSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { GroupCommit } from "./group-commit.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { createSqlStore } from "./sql-store.ts";
import type { Store } from "./store.ts";

/**
 * A store in one file, by Node's own SQLite. One process owns the file: a second one that opens it is told so.
 *
 * A row that was written survives the death of the process and of the machine: each transaction is on the disk before
 * the next step.
 *
 * @param path The file, made with mode 0600 when it is missing; `:memory:` for one that ends with the process.
 *
 * @example
 * const store = await sqliteStore("edgepost.db");
 * const server = createServer({ transport: nodeTransport, store, encryptionKeys: [key] }); // `openssl rand -base64 32`
 */
export async function sqliteStore(path: string): Promise<Store> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  if (path !== ":memory:") chmodSync(path, 0o600);
  return createSqlStore(toSqlDatabase(database));
}

function toSqlDatabase(database: DatabaseSync): SqlDatabase {
  const statements = new Map<string, StatementSync>();
  const commits = new GroupCommit(database, prepare);

  function prepare(sql: string): StatementSync {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  return {
    async run(sql, ...values) {
      const [changes = 0] = await commits.write([[sql, ...values]]);
      return changes;
    },
    async all(sql, ...values) {
      return prepare(sql).all(...values);
    },
    async transaction(steps) {
      return commits.write(steps);
    },
    async close() {
      commits.flush();
      database.close();
    },
  };
}
