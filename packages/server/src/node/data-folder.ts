import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateKey } from "../secrets.ts";

/** What the Node entry keeps on disk: one database, and the key its secrets are sealed with unless one was given. */
export interface DataFolder {
  readonly databasePath: string;
  readonly encryptionKeys: readonly string[];
  /** True when the key lies beside what it seals: who takes the folder has both. */
  readonly holdsKey: boolean;
}

/** Opens the folder, made when it is missing; `:memory:` for a server that forgets everything when it ends. */
export function openDataFolder(path: string, given: readonly string[] | undefined): DataFolder {
  if (path === ":memory:") {
    return { databasePath: path, encryptionKeys: given ?? [generateKey()], holdsKey: false };
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return {
    databasePath: join(path, "edgepost.db"),
    encryptionKeys: given ?? [keepKey(join(path, "encryption-key"))],
    holdsKey: given === undefined,
  };
}

/** Readable by its owner alone. An existing file is never written over: its key is the only one that opens the rest. */
function keepKey(path: string): string {
  if (!existsSync(path)) writeFileSync(path, generateKey(), { mode: 0o600, flag: "wx" });
  return readFileSync(path, "utf8").trim();
}
