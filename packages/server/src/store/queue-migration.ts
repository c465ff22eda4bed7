import type { MigrationStep } from "./migrations.ts";

/**
 * From a log of messages to one that is an outbox too: a message that waits has a time it is due at, one that is being
 * sent a lease, and each attempt a row of its own.
 */
export const queueMigration: readonly MigrationStep[] = [
  `CREATE TABLE bodies (
    message TEXT PRIMARY KEY,
    dsn TEXT NOT NULL,
    require_tls INTEGER NOT NULL,
    is_kept INTEGER NOT NULL,
    bytes BLOB NOT NULL
  )`,
  `INSERT INTO bodies (message, dsn, require_tls, is_kept, bytes)
    SELECT id, 'null', 0, 1, content FROM messages WHERE content IS NOT NULL`,

  "ALTER TABLE messages ADD COLUMN recipients TEXT NOT NULL DEFAULT '[]'",
  "ALTER TABLE messages ADD COLUMN recipients_mode TEXT NOT NULL DEFAULT 'best-effort'",
  "ALTER TABLE messages ADD COLUMN on_unknown TEXT NOT NULL DEFAULT 'keep'",
  "ALTER TABLE messages ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE messages ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE messages ADD COLUMN due_at INTEGER",
  "ALTER TABLE messages ADD COLUMN expires_at INTEGER",
  "ALTER TABLE messages ADD COLUMN fence INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE messages ADD COLUMN lease_holder TEXT",
  "ALTER TABLE messages ADD COLUMN lease_until INTEGER",
  // What was sent until now was sent in one attempt, by a request that waited.
  "UPDATE messages SET attempts = 1, fence = 1",
  // Nobody took longer than 20 minutes over a send.
  "UPDATE messages SET lease_until = created_at + 1200000 WHERE state = 'sending'",
  {
    sqlite: `UPDATE messages SET recipients = (
      SELECT json_group_array(json_object(
        'address', recipient.value,
        'state', CASE
          WHEN recipient.value IN (SELECT value FROM json_each(messages.accepted)) THEN 'accepted'
          WHEN refused.value IS NOT NULL OR messages.state = 'failed' THEN 'rejected'
          WHEN messages.state = 'sending' THEN 'queued'
          ELSE 'unknown'
        END,
        'reply', json(json_extract(refused.value, '$.reply'))
      ))
      FROM json_each(messages.envelope, '$.to') AS recipient
      LEFT JOIN json_each(messages.rejected) AS refused ON json_extract(refused.value, '$.address') = recipient.value
    )`,
  },

  `CREATE TABLE attempts (
    message TEXT NOT NULL,
    number INTEGER NOT NULL,
    stage TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    final_at INTEGER,
    ended_at INTEGER,
    reply TEXT NOT NULL DEFAULT 'null',
    error TEXT NOT NULL DEFAULT 'null',
    PRIMARY KEY (message, number)
  )`,
  `INSERT INTO attempts (message, number, stage, opened_at, final_at, ended_at, reply, error)
    SELECT id, 1, CASE state WHEN 'sending' THEN 'final' WHEN 'unknown' THEN 'interrupted' ELSE 'done' END,
      created_at, created_at, finished_at, reply, error FROM messages`,

  `CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    message TEXT,
    key TEXT,
    connection TEXT,
    data TEXT NOT NULL
  )`,
  "CREATE INDEX events_message ON events (message) WHERE message IS NOT NULL",
  "CREATE INDEX events_at ON events (at)",

  `CREATE TABLE lanes (
    connection TEXT PRIMARY KEY,
    paused_until INTEGER,
    reason TEXT,
    day INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0
  )`,

  "DROP INDEX messages_sending",
  "CREATE INDEX messages_waiting ON messages (connection, due_at, id) WHERE due_at IS NOT NULL AND lease_until IS NULL",
  "CREATE INDEX messages_leased ON messages (lease_until) WHERE lease_until IS NOT NULL",
  "ALTER TABLE messages DROP COLUMN accepted",
  "ALTER TABLE messages DROP COLUMN rejected",
  "ALTER TABLE messages DROP COLUMN content",
];
