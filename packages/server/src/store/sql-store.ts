import { migrate } from "./migrations.ts";
import { fromConnection, fromKey, toConnection, toKey } from "./rows.ts";
import { createAlertStore } from "./sql-alerts.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { createEventStore } from "./sql-events.ts";
import { insertRow } from "./sql-insert.ts";
import { createMessageStore } from "./sql-messages.ts";
import { createOutboxStore } from "./sql-outbox.ts";
import { createSuppressionStore } from "./sql-suppressions.ts";
import { createWebhookStore } from "./sql-webhooks.ts";
import type { ConnectionStore, KeyStore, SettingStore, Store } from "./store.ts";

/** A store in an SQL database, brought up to date first. */
export async function createSqlStore(database: SqlDatabase): Promise<Store> {
  await migrate(database);
  return {
    settings: createSettingStore(database),
    keys: createKeyStore(database),
    connections: createConnectionStore(database),
    messages: createMessageStore(database),
    outbox: createOutboxStore(database),
    events: createEventStore(database),
    suppressions: createSuppressionStore(database),
    webhooks: createWebhookStore(database),
    alerts: createAlertStore(database),
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
