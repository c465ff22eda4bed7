import { statfs } from "node:fs/promises";
import type { DiskSpace } from "../alerts/watch.ts";
import type { Environment } from "../environment.ts";

/** How to ask for the room on the disk of the data folder; undefined where nothing is kept there. */
export function diskOf({
  database,
  dataPath,
}: Pick<Environment, "database" | "dataPath">): (() => Promise<DiskSpace>) | undefined {
  if (database !== undefined || dataPath === ":memory:") return undefined;
  return async () => {
    const { bavail, blocks, bsize } = await statfs(dataPath);
    return { free: bavail * bsize, total: blocks * bsize };
  };
}
