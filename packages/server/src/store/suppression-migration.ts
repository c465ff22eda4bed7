/**
 * The suppression list. `connection` is empty for an entry that holds for all of them: a unique index takes two NULLs for
 * different values.
 */
export const suppressionMigration: readonly string[] = [
  `CREATE TABLE suppressions (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    connection TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (address, connection)
  )`,
  // A key that may do everything may do this too.
  `UPDATE keys SET scopes =
    '["messages:send","messages:read","connections:use","connections:write","connections:inline","attachments:url","keys:write","suppressions:write","webhooks:write","metrics:read","alerts:write"]'
    WHERE scopes =
    '["messages:send","messages:read","connections:use","connections:write","connections:inline","attachments:url","keys:write"]'`,
];
