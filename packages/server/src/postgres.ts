/**
 * Several servers on one Postgres. Needs the package `pg`.
 *
 * @module @edgepost/server/postgres
 */
export { postgresQueue } from "./queue/postgres.ts";
export { postgresStore } from "./store/postgres.ts";
