import { type MemoryRow, type MemoryRows, told } from "./memory-rows.ts";
import type { Lease, OutboxStore, Pace } from "./outbox.ts";

/** The outbox as it is meant: what the one in SQL does in one statement each, step by step. */
export function memoryOutbox(rows: MemoryRows): OutboxStore {
  const { messages, attempts } = rows;
  const paces = new Map<string, Pace>();
  const counts = new Map<string, { day: number; messages: number }>();

  const waiting = () => [...messages.values()].filter((row) => row.message.dueAt !== null && row.leaseUntil === null);

  function held({ id, fence }: Lease): MemoryRow | undefined {
    const row = messages.get(id);
    return row?.fence === fence && row.leaseUntil !== null ? row : undefined;
  }

  function changeAttempt({ id, attempt }: Lease, changes: object): void {
    attempts.set(
      id,
      (attempts.get(id) ?? []).map((one) => (one.number === attempt ? { ...one, ...changes } : one)),
    );
  }

  return {
    async lanes() {
      const lanes = new Map<string, number>();
      for (const { message } of waiting()) {
        if (message.connection === null || message.dueAt === null) continue;
        lanes.set(message.connection, Math.min(lanes.get(message.connection) ?? Infinity, message.dueAt));
      }
      return [...lanes].map(([connection, dueAt]) => ({ connection, dueAt })).sort(byConnection);
    },

    async lease({ from, now, until, holder }) {
      const isWanted = ({ message: { id, connection } }: MemoryRow) =>
        "ids" in from ? from.ids.includes(id) : connection === from.connection;
      const due = waiting().filter((row) => isWanted(row) && (row.message.dueAt ?? 0) <= now);
      due.sort(byDueTime);
      return due.slice(0, "ids" in from ? undefined : from.limit).map((row) => {
        Object.assign(row, { fence: row.fence + 1, holder, leaseUntil: until });
        const { id, attempts: before } = row.message;
        const message = { ...row.message, connection: String(row.message.connection) };
        return { lease: { id, fence: row.fence, attempt: before + 1 }, message };
      });
    },

    async renew(leases, until) {
      for (const lease of leases) Object.assign(held(lease) ?? {}, { leaseUntil: until });
    },

    async release(leases) {
      for (const lease of leases) {
        const row = held(lease);
        if (row !== undefined && row.message.state !== "sending")
          Object.assign(row, { holder: null, leaseUntil: null });
      }
    },

    async openAttempt(lease, at) {
      const row = held(lease);
      if (row === undefined || !["queued", "scheduled", "deferred"].includes(row.message.state)) return false;
      const opened = { number: lease.attempt, stage: "opened", openedAt: at, finalAt: null, endedAt: null } as const;
      attempts.set(lease.id, [
        ...(attempts.get(lease.id) ?? []),
        { ...opened, reply: null, error: null, transcript: null },
      ]);
      rows.change(row, { state: "sending", attempts: lease.attempt }, at, { attempt: lease.attempt });
      return true;
    },

    async markFinal(lease, at) {
      if (held(lease) === undefined) return false;
      changeAttempt(lease, { stage: "final", finalAt: at });
      return true;
    },

    async settle(lease, { message, at, keepsIdempotency, isInterruption, transcript = null }) {
      const row = messages.get(lease.id);
      const isLate = row?.message.state === "unknown";
      if (row === undefined || row.message.attempts !== lease.attempt || !(held(lease) || isLate)) return false;
      const stage = isInterruption ? "interrupted" : "done";
      changeAttempt(lease, { stage, endedAt: at, reply: message.reply, error: message.error, transcript });
      const changes = {
        ...message,
        interruptions: row.message.interruptions + Number(isInterruption),
        ...(!keepsIdempotency && { idempotency: null }),
      };
      rows.change(row, changes, at, { attempt: lease.attempt, ...told(message) });
      Object.assign(row, { holder: null, leaseUntil: null });
      return true;
    },

    async takeOver({ endedBefore, until, holder, limit }) {
      const ended = [...messages.values()].filter(({ leaseUntil }) => leaseUntil !== null && leaseUntil < endedBefore);
      return ended.slice(0, limit).map((row) => {
        Object.assign(row, { fence: row.fence + 1, holder, leaseUntil: until });
        const { message, fence } = row;
        const attempt = message.state === "sending" ? attempts.get(message.id)?.at(-1) : undefined;
        return { lease: { id: message.id, fence, attempt: message.attempts }, message, stage: attempt?.stage };
      });
    },

    async revise(seen, outcome, expiresAt, at) {
      const row = messages.get(seen.id);
      const { state, attempts: count, dueAt } = row?.message ?? {};
      if (row === undefined || state !== seen.state || count !== seen.attempts || dueAt !== seen.dueAt) return false;
      rows.change(row, { ...outcome, expiresAt }, at, told(outcome));
      Object.assign(row, { fence: row.fence + 1, holder: null, leaseUntil: null });
      return true;
    },

    async due({ after, before, limit }) {
      const due = waiting()
        .sort(byDueTime)
        .map(({ message: { id, connection, dueAt } }) => ({ id, connection: String(connection), dueAt: dueAt ?? 0 }));
      const comesAfter = (id: string, dueAt: number) => dueAt > after.dueAt || (dueAt === after.dueAt && id > after.id);
      return due.filter(({ id, dueAt }) => dueAt < before && comesAfter(id, dueAt)).slice(0, limit);
    },

    depth: async (most) => Math.min(most, waiting().length),
    async backlog() {
      const names = new Set(waiting().map(({ message }) => String(message.connection)));
      return [...names].sort().map((connection) => {
        const due = waiting().filter(({ message }) => message.connection === connection);
        const dueAt = Math.min(...due.map(({ message }) => message.dueAt ?? Infinity));
        return { connection, waiting: due.length, dueAt };
      });
    },
    attempts: async (id) => attempts.get(id) ?? [],
    pace: async (connection) => paces.get(connection) ?? { pausedUntil: null, reason: null },
    async pause(connection, until, reason, at) {
      paces.set(connection, { pausedUntil: until, reason: until === null ? null : reason });
      const type = until === null ? "connection.resumed" : "connection.paused";
      rows.log({ type, at, message: null, key: null, connection, data: { until, reason } });
    },
    async countMessage(connection, day, most) {
      const last = counts.get(connection);
      const count = last?.day === day ? last : { day, messages: 0 };
      counts.set(connection, count);
      if (count.messages >= most) return false;
      count.messages++;
      return true;
    },
  };
}

function byConnection(
  { connection: one }: { connection: string },
  { connection: other }: { connection: string },
): number {
  return one < other ? -1 : 1;
}

function byDueTime({ message: one }: MemoryRow, { message: other }: MemoryRow): number {
  return (one.dueAt ?? 0) - (other.dueAt ?? 0) || (one.id < other.id ? -1 : 1);
}
