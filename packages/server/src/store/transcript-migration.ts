/** The dialogue of an attempt, where it is kept: a list of lines as JSON. */
export const transcriptMigration: readonly string[] = ["ALTER TABLE attempts ADD COLUMN transcript TEXT"];
