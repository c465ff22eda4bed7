/** What somebody should know, once for each kind and subject; and the networks each API key was used from. */
export const alertMigration: readonly string[] = [
  `CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    resolved_at BIGINT,
    acknowledged_at BIGINT,
    muted_until BIGINT,
    mail TEXT,
    UNIQUE (kind, subject)
  )`,
  `CREATE TABLE key_places (
    key TEXT NOT NULL,
    place TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    PRIMARY KEY (key, place)
  )`,
];
