import type { SqlDatabase, SqlRow, SqlValue } from "./sql-database.ts";
import { insertRow, insertStep } from "./sql-insert.ts";
import type { SuppressionReason, SuppressionRecord, SuppressionStore } from "./suppression-record.ts";

/** D1 binds 100 values to a statement. */
const ADDRESSES_AT_ONCE = 90;

export function createSuppressionStore(database: SqlDatabase): SuppressionStore {
  return {
    async put(entry) {
      const [insert, ...values] = insertStep("suppressions", fromEntry(entry));
      const replace = `DO UPDATE SET reason = excluded.reason, note = excluded.note, expires_at = excluded.expires_at`;
      const upsert = insert.replace(
        "ON CONFLICT DO NOTHING",
        `ON CONFLICT (address, connection) ${replace} RETURNING *`,
      );
      const [row] = await database.all(upsert, ...values);
      return row === undefined ? entry : toEntry(row);
    },
    async add(entry) {
      await insertRow(database, "suppressions", fromEntry(entry));
    },
    async find(id) {
      const [row] = await database.all("SELECT * FROM suppressions WHERE id = ?", id);
      return row && toEntry(row);
    },
    async list({ limit, before, address, reason, connections }) {
      const filters: readonly (readonly [string, readonly SqlValue[] | undefined])[] = [
        ["id < ?", given(before)],
        ["address = ?", given(address)],
        ["reason = ?", given(reason)],
        [`connection IN (${marks(connections ?? [])})`, connections],
      ];
      const used = filters.filter(
        (filter): filter is readonly [string, readonly SqlValue[]] => filter[1] !== undefined,
      );
      const where = used.length === 0 ? "" : `WHERE ${used.map(([condition]) => condition).join(" AND ")}`;
      const sql = `SELECT * FROM suppressions ${where} ORDER BY id DESC LIMIT ?`;
      return (await database.all(sql, ...used.flatMap(([, values]) => values), limit)).map(toEntry);
    },
    async suppressed(addresses, connection, now) {
      const found: string[] = [];
      for (let start = 0; start < addresses.length; start += ADDRESSES_AT_ONCE) {
        const some = addresses.slice(start, start + ADDRESSES_AT_ONCE);
        const rows = await database.all(
          `SELECT DISTINCT address FROM suppressions WHERE address IN (${marks(some)}) AND connection IN ('', ?)
            AND (expires_at IS NULL OR expires_at > ?)`,
          ...[...some, connection ?? "", now],
        );
        found.push(...rows.map(({ address }) => String(address)));
      }
      return found;
    },
    async remove(id) {
      return (await database.run("DELETE FROM suppressions WHERE id = ?", id)) > 0;
    },
    async prune(expiredBefore) {
      await database.run("DELETE FROM suppressions WHERE expires_at <= ?", expiredBefore);
    },
  };
}

function given(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}

function marks(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

function fromEntry({ id, address, connection, reason, note, createdAt, expiresAt }: SuppressionRecord) {
  return { id, address, connection: connection ?? "", reason, note, created_at: createdAt, expires_at: expiresAt };
}

function toEntry(row: SqlRow): SuppressionRecord {
  return {
    id: String(row.id),
    address: String(row.address),
    connection: row.connection === "" ? null : String(row.connection),
    // Written by the function above.
    reason: row.reason as SuppressionReason,
    note: row.note === null ? null : String(row.note),
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  };
}
