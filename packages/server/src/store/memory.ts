import type { ConnectionRecord, Idempotency, KeyRecord, MessageQuery, MessageRecord, Store } from "./store.ts";

/** A store that ends with the process: for tests, and for servers that were given no other. */
export function memoryStore(): Store {
  return {
    settings: settingStore(),
    keys: keyStore(),
    connections: connectionStore(),
    messages: messageStore(),
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

function messageStore(): Store["messages"] {
  const messages = new Map<string, MessageRecord>();
  /** Ids of the rows that hold an idempotency key. */
  const requests = new Map<string, string>();

  function change(id: string, changes: Partial<MessageRecord>): void {
    const message = messages.get(id);
    if (message === undefined) return;
    if (changes.idempotency === null && message.idempotency !== null) {
      requests.delete(requestOf(message.key, message.idempotency));
    }
    messages.set(id, { ...message, ...changes });
  }

  function find(key: string, idempotency: Pick<Idempotency, "route" | "key">): MessageRecord | undefined {
    return messages.get(requests.get(requestOf(key, idempotency)) ?? "");
  }

  return {
    async begin(message, idempotentSince) {
      if (message.idempotency !== null) {
        const existing = find(message.key, message.idempotency);
        if (existing !== undefined && existing.createdAt >= idempotentSince) return existing;
        if (existing !== undefined) change(existing.id, { idempotency: null });
        requests.set(requestOf(message.key, message.idempotency), message.id);
      }
      messages.set(message.id, message);
      return undefined;
    },
    async findRequest(key, idempotency, since) {
      const existing = find(key, idempotency);
      return existing !== undefined && existing.createdAt >= since ? existing : undefined;
    },
    async finish(id, { keepsIdempotency, ...outcome }) {
      change(id, { ...outcome, ...(!keepsIdempotency && { idempotency: null }) });
    },
    find: async (id) => messages.get(id),
    async list(query) {
      const newestFirst = [...messages.values()].sort((one, other) => (one.id > other.id ? -1 : 1));
      return newestFirst.filter((message) => matches(message, query)).slice(0, query.limit);
    },
    async interrupt(startedBefore) {
      for (const { id, state, createdAt } of messages.values()) {
        if (state === "sending" && createdAt < startedBefore) change(id, { state: "unknown" });
      }
    },
    async prune(createdBefore) {
      for (const { id, state, createdAt } of messages.values()) {
        if (state === "sending" || createdAt >= createdBefore) continue;
        change(id, { idempotency: null });
        messages.delete(id);
      }
    },
  };
}

function requestOf(apiKey: string, { route, key }: Pick<Idempotency, "route" | "key">): string {
  return JSON.stringify([apiKey, route, key]);
}

function matches(message: MessageRecord, { before, state, connection, key, recipient }: MessageQuery): boolean {
  return (
    (before === undefined || message.id < before) &&
    (state === undefined || message.state === state) &&
    (connection === undefined || message.connection === connection) &&
    (key === undefined || message.key === key) &&
    (recipient === undefined || message.envelope.to.includes(recipient))
  );
}
