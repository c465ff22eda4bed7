import { memoryAlerts } from "./memory-alerts.ts";
import { memoryMessages } from "./memory-messages.ts";
import { memoryOutbox } from "./memory-outbox.ts";
import { MemoryRows } from "./memory-rows.ts";
import { memorySuppressions } from "./memory-suppressions.ts";
import { memoryWebhooks } from "./memory-webhooks.ts";
import type { ConnectionRecord, KeyRecord, Store } from "./store.ts";

/** A store that ends with the process: for tests, and for servers that were given no other. */
export function memoryStore(): Store {
  const rows = new MemoryRows();
  return {
    settings: settingStore(),
    keys: keyStore(),
    connections: connectionStore(),
    messages: memoryMessages(rows),
    outbox: memoryOutbox(rows),
    events: rows.events,
    suppressions: memorySuppressions(),
    webhooks: memoryWebhooks(),
    alerts: memoryAlerts(),
    check: async () => {},
    close: async () => {},
  };
}

function settingStore(): Store["settings"] {
  const settings = new Map<string, string>();
  return {
    async keep(name, value) {
      const kept = settings.get(name) ?? value;
      settings.set(name, kept);
      return kept;
    },
    async replace(name, value) {
      settings.set(name, value);
    },
  };
}

function keyStore(): Store["keys"] {
  const keys = new Map<string, KeyRecord>();
  return {
    async insert(key) {
      keys.set(key.id, key);
    },
    find: async (id) => keys.get(id),
    list: async () => [...keys.values()],
    remove: async (id) => keys.delete(id),
  };
}

function connectionStore(): Store["connections"] {
  const connections = new Map<string, ConnectionRecord>();

  function put(connection: ConnectionRecord): true {
    if (connection.system) {
      for (const other of connections.values()) connections.set(other.name, { ...other, system: false });
    }
    connections.set(connection.name, connection);
    return true;
  }

  return {
    insert: async (connection) => !connections.has(connection.name) && put(connection),
    find: async (name) => connections.get(name),
    findSystem: async () => [...connections.values()].find(({ system }) => system),
    list: async () => [...connections.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
    async update(connection) {
      const current = connections.get(connection.name);
      if (current?.revision !== connection.revision - 1) return false;
      return put({ ...connection, createdAt: current.createdAt, lastUsedAt: null, lastError: null });
    },
    async reseal(name, before, after) {
      const current = connections.get(name);
      if (current?.secrets === before) connections.set(name, { ...current, secrets: after });
    },
    remove: async (name) => connections.delete(name),
    async noteUse(name, at, error) {
      const current = connections.get(name);
      if (current !== undefined) connections.set(name, { ...current, lastUsedAt: at, lastError: error });
    },
  };
}
