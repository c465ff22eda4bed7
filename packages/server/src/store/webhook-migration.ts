/** Webhooks, and each event on its way to each of them. */
export const webhookMigration: readonly string[] = [
  `CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    own_only INTEGER NOT NULL,
    url TEXT NOT NULL,
    description TEXT,
    events TEXT NOT NULL,
    secrets TEXT NOT NULL,
    since BIGINT NOT NULL,
    disabled TEXT,
    failing_since BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
  )`,
  // Two processes that tell of the same event: the database itself lets only the first one in.
  `CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY,
    webhook TEXT NOT NULL,
    event BIGINT NOT NULL,
    type TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts TEXT NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (webhook, event)
  )`,
  "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, due_at) WHERE due_at IS NOT NULL",
  "CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook, id)",
];
