import type { Environment } from "../environment.ts";
import { embeddedQueue } from "../queue/embedded.ts";
import type { QueueEngine } from "../queue/engine.ts";
import { postgresQueue } from "../queue/postgres.ts";
import { postgresStore } from "../store/postgres.ts";
import { sqliteStore } from "../store/sqlite.ts";
import type { Store } from "../store/store.ts";
import { openDataFolder } from "./data-folder.ts";

/** Where the Node entry keeps everything, and what delivers from there. */
export interface Storage {
  readonly store: Store;
  readonly outbox: QueueEngine;
  readonly encryptionKeys: readonly string[];
}

/** A Postgres where one is named, else a file in the data folder. */
export async function openStorage({
  database,
  dataPath,
  encryptionKeys = [],
}: Pick<Environment, "database" | "dataPath" | "encryptionKeys">): Promise<Storage> {
  if (database !== undefined) {
    return { store: await postgresStore(database), outbox: postgresQueue(database), encryptionKeys };
  }
  const folder = openDataFolder(dataPath, encryptionKeys.length === 0 ? undefined : encryptionKeys);
  if (folder.holdsKey) {
    const advice = "Give EDGEPOST_ENCRYPTION_KEYS to keep it elsewhere.";
    process.emitWarning(`Secrets are sealed with a key in ${dataPath}, beside what it seals. ${advice}`);
  }
  return {
    store: await sqliteStore(folder.databasePath),
    outbox: embeddedQueue(),
    encryptionKeys: folder.encryptionKeys,
  };
}
