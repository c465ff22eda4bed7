import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlStep } from "./sql-database.ts";

/**
 * Writes that come together go to the disk together.
 *
 * Each commit waits for the disk, some milliseconds, and nothing else happens meanwhile. So the writes of all requests of
 * one turn of the event loop are one transaction: each still resolves only when it is on the disk, and one that fails,
 * for a row that is there already, fails alone.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #prepare: (sql: string) => StatementSync;
  #waiting: Write[] = [];

  constructor(database: DatabaseSync, prepare: (sql: string) => StatementSync) {
    this.#database = database;
    this.#prepare = prepare;
  }

  /** Does all of the steps or none. Resolves with the number of rows each changed, once they are on the disk. */
  write(steps: readonly SqlStep[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ steps, resolve, reject });
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
      const settlements = group.map((write) => this.#run(write));
      this.#database.exec("COMMIT");
      for (const settle of settlements) settle();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const { reject } of group) reject(error);
    }
  }

  /** What to tell who waits, once the group is on the disk. Of several steps, those before one that failed are undone. */
  #run({ steps, resolve, reject }: Write): () => void {
    // SQLite itself takes back what a failed statement did, and only that.
    const isCompound = steps.length > 1;
    if (isCompound) this.#database.exec("SAVEPOINT write");
    try {
      const changes = steps.map(([sql, ...values]) => Number(this.#prepare(sql).run(...values).changes));
      if (isCompound) this.#database.exec("RELEASE write");
      return () => resolve(changes);
    } catch (error) {
      // A full disk may end the whole transaction: then nothing of the group was written, and nobody may be told it was.
      if (!this.#database.isTransaction) throw error;
      if (isCompound) this.#database.exec("ROLLBACK TO write; RELEASE write");
      return () => reject(error);
    }
  }
}

interface Write {
  readonly steps: readonly SqlStep[];
  resolve(changes: readonly number[]): void;
  reject(error: unknown): void;
}
