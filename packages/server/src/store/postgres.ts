import type { Pool, PoolClient, QueryResult } from "pg";
import { openPool, SCHEMA } from "./postgres-pool.ts";
import { toPostgres } from "./postgres-sql.ts";
import type { SqlDatabase, SqlRow, SqlStep, SqlValue } from "./sql-database.ts";
import { POSTGRES } from "./sql-dialect.ts";
import { createEventStore } from "./sql-events.ts";
import { createSqlStore } from "./sql-store.ts";
import type { Store } from "./store.ts";

/**
 * A store in Postgres, for several processes at once, on one machine or many. Its tables are in the schema `edgepost`, made
 * when it is missing. It needs the package `pg`, and Postgres 14 or newer.
 *
 * @param url Where it is: `postgres://user:password@host:5432/database`; `?sslmode=verify-full` for TLS.
 *
 * @example
 * const url = "postgres://edgepost:secret@db.internal/edgepost";
 * const store = await postgresStore(url);
 * const server = createServer({ transport: nodeTransport, store, encryptionKeys: [key], outbox: postgresQueue(url) });
 * server.start();
 */
export async function postgresStore(url: string): Promise<Store> {
  const pool = await openPool(url);
  try {
    const store = await alone(pool, () => prepareStore(pool));
    return { ...store, isShared: true };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** Two processes that start at once would both make the tables. Who dies at it gives the lock back. */
async function alone<Result>(pool: Pool, work: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const result = await work();
    await client.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function prepareStore(pool: Pool): Promise<Store> {
  await pool.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
  const database = toSqlDatabase(pool);
  const store = await createSqlStore(database);
  for (const sql of EVENTS_IN_ORDER) await pool.query(sql);
  return { ...store, events: createEventStore({ ...database, all: readInOrder(pool) }) };
}

/** Any numbers: what others use in this database are most likely others. */
const MIGRATION_LOCK = 7_311_505_001;
const EVENT_LOCK = 7_311_505_002;

/**
 * An event gets its number before its transaction is committed, and a later one may be committed first: who reads "all after
 * number 5" would see 7, and never 6. So who writes events has a lock along with all others who do, and who reads them waits
 * until none of those is left.
 */
const EVENTS_IN_ORDER = [
  `CREATE OR REPLACE FUNCTION number_events() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(${EVENT_LOCK}); RETURN NULL; END'`,
  `CREATE OR REPLACE TRIGGER events_in_order BEFORE INSERT ON events
    FOR EACH STATEMENT EXECUTE FUNCTION number_events()`,
];

function readInOrder(pool: Pool): SqlDatabase["all"] {
  return async (sql, ...values) => {
    const [, result] = await transact(pool, [[`SELECT pg_advisory_xact_lock(${EVENT_LOCK})`], [sql, ...values]]);
    return result?.rows ?? [];
  };
}

function toSqlDatabase(pool: Pool): SqlDatabase {
  return {
    dialect: POSTGRES,
    async run(sql, ...values) {
      return changesOf(await untilNotInTheWay(() => pool.query(toQuery([sql, ...values]))));
    },
    async all(sql, ...values) {
      return (await untilNotInTheWay(() => pool.query<SqlRow>(toQuery([sql, ...values])))).rows;
    },
    async transaction(steps) {
      return steps.length === 0 ? [] : (await transact(pool, steps)).map(changesOf);
    },
    close: () => pool.end(),
  };
}

function transact(pool: Pool, steps: readonly SqlStep[]): Promise<readonly QueryResult<SqlRow>[]> {
  return untilNotInTheWay(async () => {
    const client = await pool.connect();
    try {
      return await transactOver(client, steps);
    } finally {
      client.release();
    }
  });
}

/** After a step that fails, Postgres does none of the others, and takes COMMIT for ROLLBACK. */
async function transactOver(client: PoolClient, steps: readonly SqlStep[]): Promise<readonly QueryResult<SqlRow>[]> {
  const begin = client.query("BEGIN");
  const done = steps.map((step) => client.query<SqlRow>(toQuery(step)));
  const commit = client.query("COMMIT");
  const settled = await Promise.allSettled([begin, ...done, commit]);
  const failure = settled.find((one) => one.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return Promise.all(done);
}

/** Of two transactions that wait for each other, Postgres ends one. Nothing of it was done. */
async function untilNotInTheWay<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== DEADLOCK_DETECTED || attempt === MAX_DEADLOCKS) throw error;
    }
  }
}

const DEADLOCK_DETECTED = "40P01";
const MAX_DEADLOCKS = 5;

const translations = new Map<string, string>();

function toQuery([sql, ...values]: SqlStep): { text: string; values: SqlValue[] } {
  const text = translations.get(sql) ?? toPostgres(sql);
  translations.set(sql, text);
  return { text, values: values.map(withoutNul) };
}

/** Its text holds no NUL. Nothing that is stored has one; what is looked for may. */
function withoutNul(value: SqlValue): SqlValue {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}

function changesOf({ rowCount }: QueryResult): number {
  return rowCount ?? 0;
}
