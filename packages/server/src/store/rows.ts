import type { SqlRow, SqlValue } from "./sql-database.ts";
import type { ConnectionRecord, KeyRecord, MessageRecord } from "./store.ts";

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
    size: message.size,
    state: message.state,
    accepted: JSON.stringify(message.accepted),
    rejected: JSON.stringify(message.rejected),
    reply: JSON.stringify(message.reply),
    downgrades: JSON.stringify(message.downgrades),
    error: JSON.stringify(message.error),
    created_at: message.createdAt,
    finished_at: message.finishedAt,
    content: message.content,
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
    size: Number(row.size),
    state: row.state as MessageRecord["state"],
    accepted: json(row.accepted),
    rejected: json(row.rejected),
    reply: json(row.reply),
    downgrades: json(row.downgrades),
    error: json(row.error),
    createdAt: Number(row.created_at),
    finishedAt: numberOrNull(row.finished_at),
    content: row.content instanceof Uint8Array ? row.content : null,
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
