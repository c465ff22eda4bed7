import type { SqlDatabase, SqlStep, SqlValue } from "./sql-database.ts";

type Row = Readonly<Record<string, SqlValue>>;

/** False when a row with the same primary key or unique value is there already. */
export async function insertRow(database: SqlDatabase, table: string, row: Row): Promise<boolean> {
  const [sql, ...values] = insertStep(table, row);
  return (await database.run(sql, ...values)) > 0;
}

/** The same as a step of a transaction, which then changes no row. */
export function insertStep(table: string, row: Row): SqlStep {
  const columns = Object.keys(row);
  const marks = columns.map(() => "?").join(", ");
  return [
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks}) ON CONFLICT DO NOTHING`,
    ...Object.values(row),
  ];
}
