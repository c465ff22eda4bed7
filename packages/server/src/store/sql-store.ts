import { migrate } from "./migrations.ts";
import { fromConnection, fromKey, fromMessage, toConnection, toKey, toMessage } from "./rows.ts";
import type { SqlDatabase, SqlValue } from "./sql-database.ts";
import type { ConnectionStore, KeyStore, MessageStore, SettingStore, Store } from "./store.ts";

/** A store in a database that speaks SQLite, brought up to date first. */
export async function createSqlStore(database: SqlDatabase): Promise<Store> {
  await migrate(database);
  return {
    settings: createSettingStore(database),
    keys: createKeyStore(database),
    connections: createConnectionStore(database),
    messages: createMessageStore(database),
    async check() {
      await database.all("SELECT 1");
    },
    close: () => database.close(),
  };
}

function createSettingStore(database: SqlDatabase): SettingStore {
  return {
    async keep(name, value) {
      await insertRow(database, "settings", { name, value });
      const [row] = await database.all("SELECT value FROM settings WHERE name = ?", name);
      return String(row?.value);
    },
    async replace(name, value) {
      await database.run("UPDATE settings SET value = ? WHERE name = ?", value, name);
    },
  };
}

function createKeyStore(database: SqlDatabase): KeyStore {
  return {
    async insert(key) {
      await insertRow(database, "keys", fromKey(key));
    },
    async find(id) {
      const [row] = await database.all("SELECT * FROM keys WHERE id = ?", id);
      return row && toKey(row);
    },
    async list() {
      return (await database.all("SELECT * FROM keys ORDER BY id")).map(toKey);
    },
    async remove(id) {
      return (await database.run("DELETE FROM keys WHERE id = ?", id)) > 0;
    },
  };
}

function createConnectionStore(database: SqlDatabase): ConnectionStore {
  const endOtherSystem = (name: string) =>
    database.run("UPDATE connections SET system = 0 WHERE system = 1 AND name <> ?", name);

  return {
    async insert(connection) {
      const inserted = await insertRow(database, "connections", fromConnection(connection));
      if (inserted && connection.system) await endOtherSystem(connection.name);
      return inserted;
    },
    async find(name) {
      const [row] = await database.all("SELECT * FROM connections WHERE name = ?", name);
      return row && toConnection(row);
    },
    async findSystem() {
      const [row] = await database.all("SELECT * FROM connections WHERE system = 1 ORDER BY updated_at DESC LIMIT 1");
      return row && toConnection(row);
    },
    async list() {
      return (await database.all("SELECT * FROM connections ORDER BY name")).map(toConnection);
    },
    async update({ name, settings, secrets, system, revision, updatedAt }) {
      const changed = await database.run(
        `UPDATE connections SET settings = ?, secrets = ?, system = ?, revision = ?, updated_at = ?,
          last_used_at = NULL, last_error = NULL WHERE name = ? AND revision = ?`,
        settings,
        secrets,
        Number(system),
        revision,
        updatedAt,
        name,
        revision - 1,
      );
      if (changed > 0 && system) await endOtherSystem(name);
      return changed > 0;
    },
    async reseal(name, before, after) {
      await database.run("UPDATE connections SET secrets = ? WHERE name = ? AND secrets = ?", after, name, before);
    },
    async remove(name) {
      return (await database.run("DELETE FROM connections WHERE name = ?", name)) > 0;
    },
    async noteUse(name, at, error) {
      await database.run("UPDATE connections SET last_used_at = ?, last_error = ? WHERE name = ?", at, error, name);
    },
  };
}

function createMessageStore(database: SqlDatabase): MessageStore {
  return {
    async begin(message, idempotentSince) {
      const { route = null, key = null } = message.idempotency ?? {};
      const request = [message.key, route, key] as const;
      // The row in the way may be given free between our questions; then the way is clear the next time.
      for (let attempt = 0; attempt < 3; attempt++) {
        if (await insertRow(database, "messages", fromMessage(message))) return undefined;
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
    async finish(id, { state, accepted, rejected, reply, downgrades, size, error, finishedAt, keepsIdempotency }) {
      const facts = [accepted, rejected, reply, downgrades, error].map((fact) => JSON.stringify(fact));
      await database.run(
        `UPDATE messages SET state = ?, accepted = ?, rejected = ?, reply = ?, downgrades = ?, error = ?, size = ?,
          finished_at = ?
          ${keepsIdempotency ? "" : ", idempotency_key = NULL"} WHERE id = ?`,
        ...[state, ...facts, size, finishedAt, id],
      );
    },
    async find(id) {
      const [row] = await database.all("SELECT * FROM messages WHERE id = ?", id);
      return row && toMessage(row);
    },
    async list({ limit, before, state, connection, key, recipient }) {
      const filters: readonly (readonly [string, string | undefined])[] = [
        ["id < ?", before],
        ["state = ?", state],
        ["connection = ?", connection],
        ["key = ?", key],
        ["EXISTS (SELECT 1 FROM json_each(envelope, '$.to') WHERE value = ?)", recipient],
      ];
      const given = filters.filter((filter): filter is readonly [string, string] => filter[1] !== undefined);
      const where = given.length === 0 ? "" : `WHERE ${given.map(([condition]) => condition).join(" AND ")}`;
      const sql = `SELECT * FROM messages ${where} ORDER BY id DESC LIMIT ?`;
      return (await database.all(sql, ...given.map(([, value]) => value), limit)).map(toMessage);
    },
    async interrupt(startedBefore) {
      await database.run(
        "UPDATE messages SET state = 'unknown' WHERE state = 'sending' AND created_at < ?",
        startedBefore,
      );
    },
    async prune(createdBefore) {
      await database.run("DELETE FROM messages WHERE state <> 'sending' AND created_at < ?", createdBefore);
    },
  };
}

const IS_REQUEST = "key = ? AND idempotency_route = ? AND idempotency_key = ?";

/** False when a row with the same primary key or unique value is there already. */
async function insertRow(
  database: SqlDatabase,
  table: string,
  row: Readonly<Record<string, SqlValue>>,
): Promise<boolean> {
  const columns = Object.keys(row);
  const marks = columns.map(() => "?").join(", ");
  const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks}) ON CONFLICT DO NOTHING`;
  return (await database.run(sql, ...Object.values(row))) > 0;
}
