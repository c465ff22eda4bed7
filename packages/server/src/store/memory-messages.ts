import type { MemoryRows } from "./memory-rows.ts";
import type { Idempotency, MessageQuery, MessageRecord } from "./message-record.ts";
import type { MessageStore } from "./store.ts";

export function memoryMessages(rows: MemoryRows): MessageStore {
  const { messages, bodies, attempts } = rows;

  function find(key: string, { route, key: name }: Pick<Idempotency, "route" | "key">): MessageRecord | undefined {
    const isRequest = ({ message }: { readonly message: MessageRecord }) =>
      message.key === key && message.idempotency?.route === route && message.idempotency.key === name;
    return [...messages.values()].find(isRequest)?.message;
  }

  return {
    async begin({ message, body, leaseUntil }, idempotentSince) {
      const existing = message.idempotency === null ? undefined : find(message.key, message.idempotency);
      if (existing !== undefined && existing.createdAt >= idempotentSince) return existing;
      const inTheWay = messages.get(existing?.id ?? "");
      if (inTheWay !== undefined) inTheWay.message = { ...inTheWay.message, idempotency: null };
      const row = { message, fence: leaseUntil === null ? 0 : 1, holder: null, leaseUntil };
      messages.set(message.id, row);
      if (body !== null) bodies.set(message.id, body);
      if (leaseUntil !== null) {
        const { createdAt: openedAt } = message;
        const first = { number: 1, stage: "final", openedAt, finalAt: openedAt } as const;
        attempts.set(message.id, [{ ...first, endedAt: null, reply: null, error: null, transcript: null }]);
      }
      rows.change(row, {}, message.createdAt);
      return undefined;
    },
    async findRequest(key, idempotency, since) {
      const existing = find(key, idempotency);
      return existing !== undefined && existing.createdAt >= since ? existing : undefined;
    },
    find: async (id) => messages.get(id)?.message,
    body: async (id) => bodies.get(id),
    async list(query) {
      const all = [...messages.values()].map(({ message }) => message);
      const newestFirst = all.sort((one, other) => (one.id > other.id ? -1 : 1));
      return newestFirst.filter((message) => matches(message, query)).slice(0, query.limit);
    },
    async prune(createdBefore) {
      for (const [id, { message, leaseUntil }] of messages) {
        if (message.dueAt !== null || leaseUntil !== null || message.createdAt >= createdBefore) continue;
        for (const table of [messages, bodies, attempts]) table.delete(id);
      }
      rows.forgetEvents(createdBefore);
    },
  };
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
