import type { EventStore, NewEvent } from "./event-record.ts";
import { toEvent } from "./rows.ts";
import type { SqlDatabase, SqlStep } from "./sql-database.ts";

export function createEventStore(database: SqlDatabase): EventStore {
  return {
    async append(event) {
      const [sql, ...values] = eventStep(event);
      await database.run(sql, ...values);
    },
    async ofMessage(message) {
      return (await database.all("SELECT * FROM events WHERE message = ? ORDER BY id", message)).map(toEvent);
    },
    async list({ after, limit, key }) {
      const ofKey = key === undefined ? "" : "AND key = ?";
      const sql = `SELECT * FROM events WHERE id > ? ${ofKey} ORDER BY id LIMIT ?`;
      return (await database.all(sql, after, ...(key === undefined ? [] : [key]), limit)).map(toEvent);
    },
    async lastId() {
      const [row] = await database.all("SELECT max(id) AS last FROM events");
      return Number(row?.last ?? 0);
    },
  };
}

export function eventStep({ type, at, message, key, connection, data }: NewEvent): SqlStep {
  return [
    "INSERT INTO events (type, at, message, key, connection, data) VALUES (?, ?, ?, ?, ?, ?)",
    ...[type, at, message, key, connection, JSON.stringify(data)],
  ];
}
