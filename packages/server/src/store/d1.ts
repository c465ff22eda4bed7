import type { SqlDatabase } from "./sql-database.ts";
import { createSqlStore } from "./sql-store.ts";
import type { Store } from "./store.ts";

/** The part of Cloudflare's `D1Database` that is used here, so that nobody needs its types. */
export interface D1 {
  prepare(sql: string): D1Statement;
  batch(statements: readonly D1Statement[]): Promise<readonly D1Result[]>;
}

interface D1Statement {
  bind(...values: readonly unknown[]): D1Statement;
  run(): Promise<D1Result>;
  all(): Promise<{ readonly results: readonly Readonly<Record<string, unknown>>[] }>;
}

interface D1Result {
  readonly meta: { readonly changes: number };
}

/** A store in D1, Cloudflare's SQLite at the edge: `d1Store(env.DB)`. */
export function d1Store(database: D1): Promise<Store> {
  return createSqlStore(toSqlDatabase(database));
}

function toSqlDatabase(database: D1): SqlDatabase {
  return {
    async run(sql, ...values) {
      return (
        await database
          .prepare(sql)
          .bind(...values)
          .run()
      ).meta.changes;
    },
    async all(sql, ...values) {
      return (
        await database
          .prepare(sql)
          .bind(...values)
          .all()
      ).results.map(toRow);
    },
    async transaction(steps) {
      const statements = steps.map(([sql, ...values]) => database.prepare(sql).bind(...values));
      return (await database.batch(statements)).map(({ meta }) => meta.changes);
    },
    async close() {},
  };
}

/** D1 gives octets back as a list of numbers. */
function toRow(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const columns = Object.entries(row);
  return Object.fromEntries(
    columns.map(([name, value]) => [name, Array.isArray(value) ? Uint8Array.from(value) : value]),
  );
}
