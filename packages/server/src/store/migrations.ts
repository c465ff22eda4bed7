import { alertMigration } from "./alert-migration.ts";
import { queueMigration } from "./queue-migration.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { SQLITE } from "./sql-dialect.ts";
import { suppressionMigration } from "./suppression-migration.ts";
import { transcriptMigration } from "./transcript-migration.ts";
import { webhookMigration } from "./webhook-migration.ts";

/** SQL, or what only a database in SQLite can need: no other one was there yet when something was in the tables. */
export type MigrationStep = string | { readonly sqlite: string };

/**
 * The steps from an empty database to this one, in order. A step that was released is never changed: what it made
 * exists somewhere. Booleans are 0 and 1, times milliseconds, lists and objects JSON.
 */
export const MIGRATIONS: readonly (readonly MigrationStep[])[] = [
  [
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    `CREATE TABLE keys (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      hash TEXT NOT NULL,
      scopes TEXT NOT NULL,
      connections TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER
    )`,
    `CREATE TABLE connections (
      name TEXT PRIMARY KEY,
      settings TEXT NOT NULL,
      secrets TEXT,
      system INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      last_used_at INTEGER,
      last_error TEXT
    )`,
    `CREATE TABLE messages (
      id TEXT PRIMARY KEY,
      key TEXT NOT NULL,
      connection TEXT,
      idempotency_route TEXT,
      idempotency_key TEXT,
      fingerprint TEXT,
      message_id TEXT NOT NULL,
      subject TEXT NOT NULL,
      envelope TEXT NOT NULL,
      size INTEGER NOT NULL,
      state TEXT NOT NULL,
      accepted TEXT NOT NULL,
      rejected TEXT NOT NULL,
      reply TEXT NOT NULL,
      downgrades TEXT NOT NULL,
      error TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      finished_at INTEGER,
      content BLOB
    )`,
    // Two requests with one idempotency key: the database itself lets only the first one in.
    `CREATE UNIQUE INDEX messages_idempotency ON messages (key, idempotency_route, idempotency_key)
      WHERE idempotency_key IS NOT NULL`,
    "CREATE INDEX messages_created ON messages (created_at)",
    "CREATE INDEX messages_sending ON messages (created_at) WHERE state = 'sending'",
  ],
  queueMigration,
  suppressionMigration,
  webhookMigration,
  alertMigration,
  transcriptMigration,
];

/** Brings a database up to date. Two that start at once do no harm: the second finds every step done. */
export async function migrate(database: SqlDatabase, migrations: typeof MIGRATIONS = MIGRATIONS): Promise<void> {
  await database.run("CREATE TABLE IF NOT EXISTS migrations (step INTEGER PRIMARY KEY)");
  for (let step = (await doneSteps(database)) + 1; step <= migrations.length; step++) {
    try {
      const steps = [`INSERT INTO migrations (step) VALUES (${step})`, ...stepsFor(database, migrations[step - 1])];
      await database.transaction(steps.map((sql) => [sql]));
    } catch (error) {
      if ((await doneSteps(database)) < step) throw error;
    }
  }
}

function stepsFor({ dialect = SQLITE }: SqlDatabase, steps: readonly MigrationStep[] = []): readonly string[] {
  const isSqlite = dialect.name === "sqlite";
  return steps.flatMap((step) => (typeof step === "string" ? step : isSqlite ? step.sqlite : []));
}

async function doneSteps(database: SqlDatabase): Promise<number> {
  const [row] = await database.all("SELECT max(step) AS done FROM migrations");
  return Number(row?.done ?? 0);
}
