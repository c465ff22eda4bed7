import type { EventRecord } from "./event-record.ts";
import type { MessageOutcome, MessageRecord, StoredBody } from "./message-record.ts";
import type { AttemptRecord } from "./outbox.ts";
import type { SqlRow, SqlValue } from "./sql-database.ts";
import type { ConnectionRecord, KeyRecord } from "./store.ts";

/**
 * Records as rows and back. What comes out of the columns was written by the same function's other half, so its shape
 * is taken for granted.
 */
type Columns = Readonly<Record<string, SqlValue>>;

export function fromKey(key: KeyRecord): Columns {
  return {
    id: key.id,
    name: key.name,
    hash: key.hash,
    scopes: JSON.stringify(key.scopes),
    connections: JSON.stringify(key.connections),
    created_at: key.createdAt,
    expires_at: key.expiresAt,
  };
}

export function toKey(row: SqlRow): KeyRecord {
  return {
    id: String(row.id),
    name: String(row.name),
    hash: String(row.hash),
    scopes: json(row.scopes),
    connections: json(row.connections),
    createdAt: Number(row.created_at),
    expiresAt: numberOrNull(row.expires_at),
  };
}

export function fromConnection(connection: ConnectionRecord): Columns {
  return {
    name: connection.name,
    settings: connection.settings,
    secrets: connection.secrets,
    system: Number(connection.system),
    revision: connection.revision,
    created_at: connection.createdAt,
    updated_at: connection.updatedAt,
    last_used_at: connection.lastUsedAt,
    last_error: connection.lastError,
  };
}

export function toConnection(row: SqlRow): ConnectionRecord {
  return {
    name: String(row.name),
    settings: String(row.settings),
    secrets: stringOrNull(row.secrets),
    system: row.system === 1,
    revision: Number(row.revision),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    lastUsedAt: numberOrNull(row.last_used_at),
    lastError: stringOrNull(row.last_error),
  };
}

export function fromMessage(message: MessageRecord): Columns {
  return {
    id: message.id,
    key: message.key,
    connection: message.connection,
    idempotency_route: message.idempotency?.route ?? null,
    idempotency_key: message.idempotency?.key ?? null,
    fingerprint: message.idempotency?.fingerprint ?? null,
    message_id: message.messageId,
    subject: message.subject,
    envelope: JSON.stringify(message.envelope),
    recipients_mode: message.recipientsMode,
    on_unknown: message.onUnknown,
    created_at: message.createdAt,
    expires_at: message.expiresAt,
    attempts: message.attempts,
    interruptions: message.interruptions,
    ...fromOutcome(message),
  };
}

/** The columns that change while a message is on its way. */
export function fromOutcome(outcome: MessageOutcome): Columns {
  return {
    state: outcome.state,
    recipients: JSON.stringify(outcome.recipients),
    reply: JSON.stringify(outcome.reply),
    downgrades: JSON.stringify(outcome.downgrades),
    size: outcome.size,
    error: JSON.stringify(outcome.error),
    due_at: outcome.dueAt,
    finished_at: outcome.finishedAt,
  };
}

export function toMessage(row: SqlRow): MessageRecord {
  const released = row.idempotency_key === null;
  return {
    id: String(row.id),
    key: String(row.key),
    connection: stringOrNull(row.connection),
    idempotency: released
      ? null
      : {
          route: String(row.idempotency_route),
          key: String(row.idempotency_key),
          fingerprint: String(row.fingerprint),
        },
    messageId: String(row.message_id),
    subject: String(row.subject),
    envelope: json(row.envelope),
    recipientsMode: row.recipients_mode as MessageRecord["recipientsMode"],
    onUnknown: row.on_unknown as MessageRecord["onUnknown"],
    createdAt: Number(row.created_at),
    expiresAt: numberOrNull(row.expires_at),
    attempts: Number(row.attempts),
    interruptions: Number(row.interruptions),
    state: row.state as MessageRecord["state"],
    recipients: json(row.recipients),
    reply: json(row.reply),
    downgrades: json(row.downgrades),
    size: Number(row.size),
    error: json(row.error),
    dueAt: numberOrNull(row.due_at),
    finishedAt: numberOrNull(row.finished_at),
  };
}

export function toBody(row: SqlRow): StoredBody {
  return {
    bytes: row.bytes instanceof Uint8Array ? row.bytes : new Uint8Array(),
    dsn: json(row.dsn),
    requireTls: row.require_tls === 1,
    isKept: row.is_kept === 1,
  };
}

export function toAttempt(row: SqlRow): AttemptRecord {
  return {
    number: Number(row.number),
    stage: row.stage as AttemptRecord["stage"],
    openedAt: Number(row.opened_at),
    finalAt: numberOrNull(row.final_at),
    endedAt: numberOrNull(row.ended_at),
    reply: json(row.reply),
    error: json(row.error),
    transcript: row.transcript === null ? null : json(row.transcript),
  };
}

export function toEvent(row: SqlRow): EventRecord {
  return {
    id: Number(row.id),
    type: row.type as EventRecord["type"],
    at: Number(row.at),
    message: stringOrNull(row.message),
    key: stringOrNull(row.key),
    connection: stringOrNull(row.connection),
    data: json(row.data),
  };
}

function json<Shape>(column: unknown): Shape {
  return JSON.parse(String(column));
}

function numberOrNull(column: unknown): number | null {
  return column === null ? null : Number(column);
}

function stringOrNull(column: unknown): string | null {
  return column === null ? null : String(column);
}
