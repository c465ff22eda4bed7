import type { SqlDialect } from "./sql-dialect.ts";

/** What the SQL store asks of a database: `node:sqlite` in a file, D1 at the edge, or Postgres. */
export interface SqlDatabase {
  /** Default: SQLite's. */
  readonly dialect?: SqlDialect;
  /** Runs a statement; resolves with the number of rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Runs statements in one transaction: all of them, or none. Resolves with the number of rows each changed. */
  transaction(steps: readonly SqlStep[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

export type SqlStep = readonly [sql: string, ...values: SqlValue[]];

export type SqlValue = string | number | null | Uint8Array;

export type SqlRow = Readonly<Record<string, unknown>>;
