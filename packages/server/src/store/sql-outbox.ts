import type { MessageOutcome, MessageState } from "./message-record.ts";
import type { AbandonedMessage, AttemptStage, Lease, LeasedMessage, OutboxStore, SettledOutcome } from "./outbox.ts";
import { fromOutcome, toAttempt, toMessage } from "./rows.ts";
import type { SqlDatabase, SqlRow, SqlStep, SqlValue } from "./sql-database.ts";
import { SQLITE } from "./sql-dialect.ts";
import { eventStep } from "./sql-events.ts";

/** The outbox in SQL. Each step of a delivery is one transaction that does nothing unless the lease is still held. */
export function createOutboxStore(database: SqlDatabase): OutboxStore {
  const { lockMessage, skipLocked } = database.dialect ?? SQLITE;

  /** The last of the steps is the one that tells whether it was done. */
  async function isDone(id: string, steps: readonly SqlStep[]): Promise<boolean> {
    return ((await database.transaction([...lockMessage(id), ...steps])).at(-1) ?? 0) > 0;
  }

  async function stagesOf(messages: readonly SqlRow[]): Promise<ReadonlyMap<string, AttemptStage>> {
    if (messages.length === 0) return new Map();
    const rows = await database.all(
      `SELECT message, number, stage FROM attempts WHERE message IN (${marks(messages)})`,
      ...messages.map(({ id }) => String(id)),
    );
    return new Map(rows.map(({ message, number, stage }) => [`${message} ${number}`, stage as AttemptStage]));
  }

  return {
    async lanes() {
      return (await database.all(LANES)).map(({ connection, due_at }) => ({
        connection: String(connection),
        dueAt: Number(due_at),
      }));
    },

    async lease({ from, now, until, holder }) {
      const [wanted, ...values]: SqlStep =
        "ids" in from
          ? [`SELECT id FROM messages WHERE id IN (${marks(from.ids)}) AND due_at <= ?`, ...from.ids, now]
          : [LONGEST_DUE, from.connection, now, from.limit];
      const rows = await database.all(
        `WITH wanted AS (${wanted} ${skipLocked})
          UPDATE messages SET fence = fence + 1, lease_holder = ?, lease_until = ?
          WHERE lease_until IS NULL AND id IN (SELECT id FROM wanted) RETURNING *`,
        ...values,
        holder,
        until,
      );
      return rows.map(toLeased).sort(byDueTime);
    },

    async renew(leases, until) {
      const renewal = "UPDATE messages SET lease_until = ? WHERE id = ? AND fence = ? AND lease_until IS NOT NULL";
      await database.transaction(leases.map(({ id, fence }) => [renewal, until, id, fence]));
    },

    async release(leases) {
      const release = `UPDATE messages SET lease_holder = NULL, lease_until = NULL
        WHERE id = ? AND fence = ? AND state <> 'sending'`;
      await database.transaction(leases.map(({ id, fence }) => [release, id, fence]));
    },

    openAttempt({ id, fence, attempt }, at) {
      const isWaiting =
        "id = ? AND fence = ? AND lease_until IS NOT NULL AND state IN ('queued', 'scheduled', 'deferred')";
      return isDone(id, [
        [
          `INSERT INTO attempts (message, number, stage, opened_at)
            SELECT id, ?, 'opened', ? FROM messages WHERE ${isWaiting}`,
          ...[attempt, at, id, fence],
        ],
        [
          `INSERT INTO events (type, at, message, key, connection, data)
            SELECT 'message.sending', ?, id, key, connection, ? FROM messages WHERE ${isWaiting}`,
          ...[at, JSON.stringify({ attempt }), id, fence],
        ],
        [`UPDATE messages SET state = 'sending', attempts = ? WHERE ${isWaiting}`, attempt, id, fence],
      ]);
    },

    markFinal({ id, fence, attempt }, at) {
      return isDone(id, [
        [
          `UPDATE attempts SET stage = 'final', final_at = ?
            WHERE message = ? AND number = ? AND stage IN ('opened', 'final')
            AND EXISTS (SELECT 1 FROM messages WHERE id = ? AND fence = ? AND lease_until IS NOT NULL)`,
          ...[at, id, attempt, id, fence],
        ],
      ]);
    },

    settle: (lease, outcome) => isDone(lease.id, settleSteps(lease, outcome)),

    async takeOver({ endedBefore, until, holder, limit }) {
      const ended = "SELECT id FROM messages WHERE lease_until < ? ORDER BY lease_until LIMIT ?";
      if ((await database.all(ended, endedBefore, 1)).length === 0) return [];
      const rows = await database.all(
        `WITH ended AS (${ended} ${skipLocked})
          UPDATE messages SET fence = fence + 1, lease_holder = ?, lease_until = ?
          WHERE lease_until < ? AND id IN (SELECT id FROM ended) RETURNING *`,
        ...[endedBefore, limit, holder, until, endedBefore],
      );
      const stages = await stagesOf(rows);
      return rows.map((row) => toAbandoned(row, stages));
    },

    revise(seen, outcome, expiresAt, at) {
      const asSeen = "id = ? AND state = ? AND attempts = ? AND coalesce(due_at, -1) = ?";
      const seenAs = [seen.id, seen.state, seen.attempts, seen.dueAt ?? -1];
      return isDone(seen.id, [
        eventWhere(asSeen, seenAs, outcome, at, {}),
        ...(needsBody(outcome.state) ? [] : [dropBodyWhere(asSeen, seenAs)]),
        [
          `UPDATE messages SET ${assignments(outcome)}, expires_at = ?, fence = fence + 1, lease_holder = NULL,
            lease_until = NULL WHERE ${asSeen}`,
          ...[...Object.values(fromOutcome(outcome)), expiresAt, ...seenAs],
        ],
      ]);
    },

    async due({ after, before, limit }) {
      const rows = await database.all(
        `SELECT id, connection, due_at FROM messages WHERE due_at IS NOT NULL AND lease_until IS NULL AND due_at < ?
          AND (due_at > ? OR (due_at = ? AND id > ?)) ORDER BY due_at, id LIMIT ?`,
        ...[before, after.dueAt, after.dueAt, after.id, limit],
      );
      return rows.map((row) => ({ id: String(row.id), connection: String(row.connection), dueAt: Number(row.due_at) }));
    },

    async depth(most) {
      const [row] = await database.all(
        `SELECT count(*) AS depth FROM (
          SELECT 1 AS one FROM messages WHERE due_at IS NOT NULL AND lease_until IS NULL LIMIT ?) AS waiting`,
        most,
      );
      return Number(row?.depth ?? 0);
    },

    async backlog() {
      const rows = await database.all(
        `SELECT connection, count(*) AS waiting, min(due_at) AS due_at FROM messages
          WHERE due_at IS NOT NULL AND lease_until IS NULL GROUP BY connection ORDER BY connection`,
      );
      return rows.map(({ connection, waiting, due_at }) => ({
        connection: String(connection),
        waiting: Number(waiting),
        dueAt: Number(due_at),
      }));
    },

    async attempts(id) {
      return (await database.all("SELECT * FROM attempts WHERE message = ? ORDER BY number", id)).map(toAttempt);
    },

    async pace(connection) {
      const [row] = await database.all("SELECT paused_until, reason FROM lanes WHERE connection = ?", connection);
      const isPaused = row?.paused_until !== null && row?.paused_until !== undefined;
      return isPaused
        ? { pausedUntil: Number(row.paused_until), reason: String(row.reason) }
        : { pausedUntil: null, reason: null };
    },

    async pause(connection, until, reason, at) {
      const type = until === null ? "connection.resumed" : "connection.paused";
      await database.transaction([
        [
          `INSERT INTO lanes (connection, paused_until, reason) VALUES (?, ?, ?)
            ON CONFLICT (connection) DO UPDATE SET paused_until = excluded.paused_until, reason = excluded.reason`,
          ...[connection, until, reason],
        ],
        eventStep({ type, at, message: null, key: null, connection, data: { until, reason } }),
      ]);
    },

    async countMessage(connection, day, most) {
      const counted = await database.run(
        `INSERT INTO lanes (connection, day, messages) VALUES (?, ?, 1)
          ON CONFLICT (connection) DO UPDATE SET day = excluded.day,
            messages = CASE WHEN lanes.day = excluded.day THEN lanes.messages + 1 ELSE 1 END
          WHERE lanes.day <> excluded.day OR lanes.messages < ?`,
        ...[connection, day, most],
      );
      return counted > 0;
    },
  };
}

/** One look into the index for each connection, however many messages it has waiting. */
const LANES = `
  WITH RECURSIVE lane (connection) AS (
    SELECT min(connection) FROM messages WHERE due_at IS NOT NULL AND lease_until IS NULL
    UNION ALL
    SELECT (SELECT min(messages.connection) FROM messages
      WHERE messages.connection > lane.connection AND due_at IS NOT NULL AND lease_until IS NULL)
    FROM lane WHERE lane.connection IS NOT NULL
  )
  SELECT connection, (SELECT min(due_at) FROM messages
    WHERE messages.connection = lane.connection AND due_at IS NOT NULL AND lease_until IS NULL) AS due_at
  FROM lane WHERE connection IS NOT NULL`;

const LONGEST_DUE = `SELECT id FROM messages WHERE connection = ? AND due_at <= ? AND lease_until IS NULL
  ORDER BY due_at, id LIMIT ?`;

/** Under the lease; or late, when the message was called unknown and nobody has begun another attempt since. */
const IS_HELD = "id = ? AND attempts = ? AND ((fence = ? AND lease_until IS NOT NULL) OR state = 'unknown')";

function settleSteps({ id, fence, attempt }: Lease, settled: SettledOutcome): readonly SqlStep[] {
  const { message, at, keepsIdempotency, isInterruption, transcript } = settled;
  const held = [id, attempt, fence];
  const { reply, error } = message;
  return [
    [
      `UPDATE attempts SET stage = ?, ended_at = ?, reply = ?, error = ?, transcript = ?
        WHERE message = ? AND number = ? AND EXISTS (SELECT 1 FROM messages WHERE ${IS_HELD})`,
      ...[isInterruption ? "interrupted" : "done", at, JSON.stringify(reply), JSON.stringify(error)],
      ...[transcript === undefined ? null : JSON.stringify(transcript), id, attempt],
      ...held,
    ],
    eventWhere(IS_HELD, held, message, at, { attempt }),
    ...(needsBody(message.state) ? [] : [dropBodyWhere(IS_HELD, held)]),
    [
      `UPDATE messages SET ${assignments(message)}, interruptions = interruptions + ?, lease_holder = NULL,
        lease_until = NULL${keepsIdempotency ? "" : ", idempotency_key = NULL"} WHERE ${IS_HELD}`,
      ...[...Object.values(fromOutcome(message)), Number(isInterruption), ...held],
    ],
  ];
}

/** What may be sent yet, or again. */
function needsBody(state: MessageState): boolean {
  return state !== "sent" && state !== "cancelled" && state !== "suppressed";
}

function dropBodyWhere(condition: string, values: readonly SqlValue[]): SqlStep {
  return [
    `DELETE FROM bodies WHERE is_kept = 0 AND message IN (SELECT id FROM messages WHERE ${condition})`,
    ...values,
  ];
}

function eventWhere(
  condition: string,
  values: readonly SqlValue[],
  { state, recipients, reply, error, dueAt }: MessageOutcome,
  at: number,
  more: object,
): SqlStep {
  return [
    `INSERT INTO events (type, at, message, key, connection, data)
      SELECT ?, ?, id, key, connection, ? FROM messages WHERE ${condition}`,
    ...[`message.${state}`, at, JSON.stringify({ ...more, recipients, reply, error, dueAt })],
    ...values,
  ];
}

function assignments(outcome: MessageOutcome): string {
  return Object.keys(fromOutcome(outcome))
    .map((column) => `${column} = ?`)
    .join(", ");
}

function marks(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

/** What is leased to be sent has a connection of its own: one that was brought along is gone with its request. */
function toLeased(row: SqlRow): LeasedMessage {
  const message = toMessage(row);
  const lease = { id: message.id, fence: Number(row.fence), attempt: message.attempts + 1 };
  return { lease, message: { ...message, connection: String(row.connection) } };
}

function toAbandoned(row: SqlRow, stages: ReadonlyMap<string, AttemptStage>): AbandonedMessage {
  const message = toMessage(row);
  const { id, attempts, state } = message;
  const stage = state === "sending" ? stages.get(`${id} ${attempts}`) : undefined;
  return { lease: { id, fence: Number(row.fence), attempt: attempts }, message, stage };
}

function byDueTime({ message: one }: LeasedMessage, { message: other }: LeasedMessage): number {
  return (one.dueAt ?? 0) - (other.dueAt ?? 0) || (one.id < other.id ? -1 : 1);
}
