import type { MessageRecord, StoredBody } from "./message-record.ts";
import { fromMessage, toBody, toMessage } from "./rows.ts";
import type { SqlDatabase, SqlStep } from "./sql-database.ts";
import { SQLITE } from "./sql-dialect.ts";
import { insertStep } from "./sql-insert.ts";
import type { MessageStore, NewMessage } from "./store.ts";

/** The log: messages as they were stored, and as they are now. */
export function createMessageStore(database: SqlDatabase): MessageStore {
  const { isTo } = database.dialect ?? SQLITE;

  return {
    async begin(wanted, idempotentSince) {
      const { key: owner, idempotency } = wanted.message;
      const request = [owner, idempotency?.route ?? null, idempotency?.key ?? null] as const;
      // The row in the way may be given free between our questions; then the way is clear the next time.
      for (let attempt = 0; attempt < 3; attempt++) {
        const [inserted = 0] = await database.transaction(stepsOf(wanted));
        if (inserted > 0) return undefined;
        const [existing] = await database.all(`SELECT * FROM messages WHERE ${IS_REQUEST}`, ...request);
        if (existing !== undefined && Number(existing.created_at) >= idempotentSince) return toMessage(existing);
        const giveFree = `UPDATE messages SET idempotency_key = NULL WHERE ${IS_REQUEST} AND created_at < ?`;
        await database.run(giveFree, ...request, idempotentSince);
      }
      throw new Error("The message could not be written down: too many others use its idempotency key.");
    },
    async findRequest(key, idempotency, since) {
      const sql = `SELECT * FROM messages WHERE ${IS_REQUEST} AND created_at >= ?`;
      const [row] = await database.all(sql, key, idempotency.route, idempotency.key, since);
      return row && toMessage(row);
    },
    async find(id) {
      const [row] = await database.all("SELECT * FROM messages WHERE id = ?", id);
      return row && toMessage(row);
    },
    async body(id) {
      const [row] = await database.all("SELECT * FROM bodies WHERE message = ?", id);
      return row && toBody(row);
    },
    async list({ limit, before, state, connection, key, recipient }) {
      const filters: readonly (readonly [string, string | undefined])[] = [
        ["id < ?", before],
        ["state = ?", state],
        ["connection = ?", connection],
        ["key = ?", key],
        [isTo, recipient],
      ];
      const given = filters.filter((filter): filter is readonly [string, string] => filter[1] !== undefined);
      const where = given.length === 0 ? "" : `WHERE ${given.map(([condition]) => condition).join(" AND ")}`;
      const sql = `SELECT * FROM messages ${where} ORDER BY id DESC LIMIT ?`;
      return (await database.all(sql, ...given.map(([, value]) => value), limit)).map(toMessage);
    },
    async prune(createdBefore) {
      const over = "SELECT id FROM messages WHERE due_at IS NULL AND lease_until IS NULL AND created_at < ?";
      await database.transaction([
        [`DELETE FROM attempts WHERE message IN (${over})`, createdBefore],
        [`DELETE FROM bodies WHERE message IN (${over})`, createdBefore],
        [`DELETE FROM messages WHERE id IN (${over})`, createdBefore],
        ["DELETE FROM events WHERE at < ?", createdBefore],
      ]);
    },
  };
}

const IS_REQUEST = "key = ? AND idempotency_route = ? AND idempotency_key = ?";

/** The first is the message itself; the others change nothing when it was not written. */
function stepsOf({ message, body, leaseUntil }: NewMessage): readonly SqlStep[] {
  const lease = { fence: leaseUntil === null ? 0 : 1, lease_until: leaseUntil };
  return [
    insertStep("messages", { ...fromMessage(message), ...lease }),
    ...(body === null ? [] : [bodyStep(message, body)]),
    ...(leaseUntil === null ? [] : [firstAttemptStep(message)]),
    [
      `INSERT INTO events (type, at, message, key, connection, data)
        SELECT ?, created_at, id, key, connection, '{}' FROM messages WHERE id = ?`,
      `message.${message.state}`,
      message.id,
    ],
  ];
}

function bodyStep({ id }: MessageRecord, { dsn, requireTls, isKept, bytes }: StoredBody): SqlStep {
  return [
    `INSERT INTO bodies (message, dsn, require_tls, is_kept, bytes)
      SELECT id, ?, ?, ?, ? FROM messages WHERE id = ?`,
    JSON.stringify(dsn),
    Number(requireTls),
    Number(isKept),
    bytes,
    id,
  ];
}

function firstAttemptStep({ id }: MessageRecord): SqlStep {
  return [
    `INSERT INTO attempts (message, number, stage, opened_at, final_at)
      SELECT id, 1, 'final', created_at, created_at FROM messages WHERE id = ?`,
    id,
  ];
}
