import type { SqlStep } from "./sql-database.ts";

/** The few places where what the store asks is not the same SQL in every database. */
export interface SqlDialect {
  readonly name: "sqlite" | "postgres";
  /** Keeps a message as it is until the end of the transaction. Nothing where transactions come one after the other. */
  lockMessage(id: string): readonly SqlStep[];
  /** After a SELECT of what is about to be changed: leaves out what another process is changing. */
  readonly skipLocked: string;
  /** Whether an envelope has a recipient. */
  readonly isTo: string;
}

export const SQLITE: SqlDialect = {
  name: "sqlite",
  lockMessage: () => [],
  skipLocked: "",
  isTo: "EXISTS (SELECT 1 FROM json_each(envelope, '$.to') WHERE value = ?)",
};

/**
 * Its transactions run side by side, and each statement of one sees what others have committed meanwhile. So whoever is about
 * to do something under a lease locks the message first: nobody can take the lease over between the question whether it is
 * held and the commit.
 */
export const POSTGRES: SqlDialect = {
  name: "postgres",
  lockMessage: (id) => [["SELECT 1 FROM messages WHERE id = ? FOR UPDATE", id]],
  skipLocked: "FOR UPDATE SKIP LOCKED",
  isTo: `EXISTS (SELECT 1 FROM jsonb_array_elements_text(envelope::jsonb -> 'to') AS recipient
    WHERE recipient = ?)`,
};
