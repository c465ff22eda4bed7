import type { AlertKind, AlertRecord, AlertStore } from "./alert-record.ts";
import type { SqlDatabase, SqlRow, SqlValue } from "./sql-database.ts";
import { insertRow } from "./sql-insert.ts";

export function createAlertStore(database: SqlDatabase): AlertStore {
  async function findWhere(condition: string, ...values: readonly SqlValue[]): Promise<AlertRecord | undefined> {
    const [row] = await database.all(`SELECT * FROM alerts WHERE ${condition}`, ...values);
    return row && toAlert(row);
  }

  return {
    async raise({ id, kind, subject, detail, raisedAt }) {
      const seen = `UPDATE alerts SET detail = ?, seen_at = ? WHERE kind = ? AND subject = ? AND resolved_at IS NULL`;
      if ((await database.run(seen, detail, raisedAt, kind, subject)) > 0) return false;
      const raise = `INSERT INTO alerts (id, kind, subject, detail, raised_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (kind, subject) DO UPDATE SET detail = excluded.detail, raised_at = excluded.raised_at,
          seen_at = excluded.seen_at, resolved_at = NULL, acknowledged_at = NULL, mail = NULL
        WHERE alerts.resolved_at IS NOT NULL`;
      return (await database.run(raise, id, kind, subject, detail, raisedAt, raisedAt)) > 0;
    },
    async resolve(id, at) {
      await database.run("UPDATE alerts SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL", at, id);
    },
    find: (id) => findWhere("id = ?", id),
    of: (kind, subject) => findWhere("kind = ? AND subject = ?", kind, subject),
    async list({ openOnly, limit }) {
      const open = openOnly ? "WHERE resolved_at IS NULL" : "";
      const sql = `SELECT * FROM alerts ${open} ORDER BY raised_at DESC, id DESC LIMIT ?`;
      return (await database.all(sql, limit)).map(toAlert);
    },
    async claimMail(id) {
      return (await database.run("UPDATE alerts SET mail = ? WHERE id = ? AND mail IS NULL", "Being sent.", id)) > 0;
    },
    async update(id, { acknowledgedAt, mutedUntil, mail }) {
      const columns = { acknowledged_at: acknowledgedAt, muted_until: mutedUntil, mail };
      for (const [column, value] of Object.entries(columns)) {
        if (value !== undefined) await database.run(`UPDATE alerts SET ${column} = ? WHERE id = ?`, value, id);
      }
    },
    async notePlace(key, place, at) {
      if (!(await insertRow(database, "key_places", { key, place, first_at: at }))) return false;
      return (await database.all("SELECT place FROM key_places WHERE key = ? LIMIT 2", key)).length > 1;
    },
    async prune(resolvedBefore) {
      await database.run("DELETE FROM alerts WHERE resolved_at < ?", resolvedBefore);
    },
  };
}

function toAlert(row: SqlRow): AlertRecord {
  return {
    id: String(row.id),
    // Written by the functions above.
    kind: row.kind as AlertKind,
    subject: String(row.subject),
    detail: String(row.detail),
    raisedAt: Number(row.raised_at),
    seenAt: Number(row.seen_at),
    resolvedAt: timeOrNull(row.resolved_at),
    acknowledgedAt: timeOrNull(row.acknowledged_at),
    mutedUntil: timeOrNull(row.muted_until),
    mail: row.mail === null ? null : String(row.mail),
  };
}

function timeOrNull(column: unknown): number | null {
  return column === null ? null : Number(column);
}
