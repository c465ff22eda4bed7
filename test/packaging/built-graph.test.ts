import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import { doors, folderOf } from "./doors.ts";

// What a door pulls in, seen in what was built: nothing of a runtime in core, nothing big in the main door, and the two
// halves of the edge transport kept apart. How much that weighs is in bundle-size.test.ts.

/** Why core may depend on each of these. */
const CORE_DEPENDENCIES: Readonly<Record<string, string>> = {
  zod: "schemas of ./schema alone",
  mustache: "logic-less templates of ./template alone",
};

describe("core, as built", () => {
  const coreDoors = doors.filter((door) => door.package === "@edgepost/core").map(({ door }) => door);

  it.each(coreDoors)("%s imports nothing of a runtime and only the packages with a reason", async (door) => {
    expect(Object.keys(CORE_DEPENDENCIES)).toEqual(
      expect.arrayContaining(await packagesBehind("@edgepost/core", door)),
    );
  });

  it.each([".", "./smtp", "./dkim"])("%s pulls in neither zod nor mustache", async (door) => {
    const packages = await packagesBehind("@edgepost/core", door);
    expect(packages).not.toContain("zod");
    expect(packages).not.toContain("mustache");
  });
});

describe("the edge transport, as built", () => {
  it("has no Cloudflare module in a Node module graph", async () => {
    expect(await packagesBehind("@edgepost/transport-edge", ".")).toEqual([
      "@edgepost/core/smtp",
      "@edgepost/transport-node/native",
    ]);
  });

  it("has no Node module in a Worker", async () => {
    const packages = await packagesBehind("@edgepost/transport-edge", ".", ["workerd"]);
    expect(packages).toContain("cloudflare:sockets");
    expect(packages.filter((name) => name.startsWith("node:") || name.includes("transport-node"))).toEqual([]);
  });
});

/** The modules outside its own package that a door of what was built reaches, following its own chunks. */
async function packagesBehind(name: string, door: string, conditions: string[] = []): Promise<string[]> {
  const { metafile } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(name + door.slice(1))};`,
      resolveDir: fileURLToPath(folderOf(name)),
    },
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "silent",
    format: "esm",
    platform: "neutral",
    conditions,
    plugins: [
      {
        name: "only this package",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path }) =>
            path === name + door.slice(1) ? undefined : { path, external: true },
          ),
      },
    ],
  });
  return externalImports(metafile);
}

function externalImports({ outputs }: Metafile): string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  return [...new Set(imports.filter(({ external }) => external).map(({ path }) => path))].sort();
}
