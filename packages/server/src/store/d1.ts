import { type R2, withLargeBodies } from "./large-bodies.ts";
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

/** A store in D1, Cloudflare's SQLite at the edge, and in R2 what is too large for it: `d1Store(env.DB, env.BODIES)`. */
export async function d1Store(database: D1, bucket?: R2, clock?: () => Date): Promise<Store> {
  const sql = toSqlDatabase(database);
  const store = await createSqlStore(sql);
  return { ...store, messages: withLargeBodies(store.messages, sql, bucket, clock) };
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
