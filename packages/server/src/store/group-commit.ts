import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/**
 * Writes that come together go to the disk together.
 *
 * Each commit waits for the disk, some milliseconds, and nothing else happens meanwhile. So the writes of all requests of
 * one turn of the event loop are one transaction: each still resolves only when it is on the disk, and one that fails,
 * for a row that is there already, fails alone.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  #waiting: Write[] = [];

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Resolves with the number of rows that were changed, once they are on the disk. */
  write(statement: StatementSync, values: readonly SQLInputValue[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, values, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Writes what is waiting now. */
  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const settlements = group.map(run);
      this.#database.exec("COMMIT");
      for (const settle of settlements) settle();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const { reject } of group) reject(error);
    }
  }
}

interface Write {
  readonly statement: StatementSync;
  readonly values: readonly SQLInputValue[];
  resolve(changes: number): void;
  reject(error: unknown): void;
}

/** What to tell who waits, once the group is on the disk. SQLite takes back what a failed statement did, and only that. */
function run({ statement, values, resolve, reject }: Write): () => void {
  try {
    const changes = Number(statement.run(...values).changes);
    return () => resolve(changes);
  } catch (error) {
    return () => reject(error);
  }
}
