import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { oldestNode, pinnedNode, WHY_NO_OLDEST_NODE } from "../support/node-versions.ts";
import { type Door, doors, folderOf, packageNames, specifierOf } from "./doors.ts";

// Promise of the design's table: every door exists, loads in plain Node from what was built, and shows exactly its names.

const run = promisify(execFile);
type Command = readonly [string, ...string[]];
const evaluatedBy = (node: string): Command => [node, "--input-type=module", "--eval"];
const installed = (name: string) => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
const tableOf = (some: readonly Door[]) => Object.fromEntries(some.map((door) => [specifierOf(door), door.exports]));

describe("the doors of each package", () => {
  it.each(packageNames)("%s has those of the table, and no other", async (name) => {
    const { exports } = JSON.parse(await readFile(new URL("package.json", folderOf(name)), "utf8"));
    const promised = doors.filter((door) => door.package === name).map(({ door }) => door);
    expect(Object.keys(exports).sort()).toEqual([...promised, "./package.json"].sort());
  });

  it("load in the pinned Node", async () => {
    expect(await namesOf(evaluatedBy(pinnedNode), "import", doors)).toEqual(tableOf(doors));
  });

  it("load in the pinned Node by require, where CommonJS is promised", async () => {
    const some = doors.filter(({ commonJs }) => commonJs);
    expect(await namesOf(evaluatedBy(pinnedNode), "require", some)).toEqual(tableOf(some));
  });

  it("load in the oldest Node we promise", async (context) => {
    if (oldestNode === undefined) return context.skip(WHY_NO_OLDEST_NODE);
    const some = doors.filter((door) => door.oldestNode);
    expect(await namesOf(evaluatedBy(oldestNode), "import", some)).toEqual(tableOf(some));
  });

  it("load in the oldest Node by require, where CommonJS is promised", async (context) => {
    if (oldestNode === undefined) return context.skip(WHY_NO_OLDEST_NODE);
    const some = doors.filter((door) => door.oldestNode && door.commonJs);
    expect(await namesOf(evaluatedBy(oldestNode), "require", some)).toEqual(tableOf(some));
  });

  it.each<[string, Command]>([
    ["Deno", [installed("deno"), "eval"]],
    ["Bun", [installed("bun"), "--eval"]],
  ])("load in %s, the server's for Node aside", async (_name, command) => {
    const some = doors.filter((door) => door.oldestNode);
    expect(await namesOf(command, "import", some)).toEqual(tableOf(some));
  });
});

/**
 * Loads each door in a process of its own, from what was built and without any flag. Gives the names it shows, or what
 * went wrong.
 */
async function namesOf(
  [command, ...args]: Command,
  how: "import" | "require",
  some: readonly Door[],
): Promise<unknown> {
  const script = `
    const { createRequire } = await import("node:module");
    const require = createRequire(process.cwd() + "/");
    const table = {};
    for (const name of ${JSON.stringify(some.map(specifierOf))}) {
      try {
        const door = ${how === "import" ? "await import(name)" : "require(name)"};
        table[name] = Object.keys(door).filter((key) => key !== "module.exports").sort();
      } catch (error) { table[name] = error.message.split("\\n")[0]; }
    }
    console.log(JSON.stringify(table));`;
  const { stdout } = await run(command, [...args, script], {
    cwd: new URL("../..", import.meta.url),
  });
  return JSON.parse(stdout);
}
