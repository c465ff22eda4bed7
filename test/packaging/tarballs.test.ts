import { readFile, rm } from "node:fs/promises";
import { checkPackage, createPackageFromTarballData, type ResolutionKind } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, packageNames } from "./doors.ts";
import { packAll } from "./tarballs.ts";

// What npm would get: publint and arethetypeswrong have nothing to say about it.

describe("each packed package", () => {
  let packed: Awaited<ReturnType<typeof packAll>>;
  beforeAll(async () => {
    packed = await packAll();
  });
  afterAll(() => rm(packed.folder, { recursive: true }));

  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await readFile(packed.tarballs[name] ?? ""));

  it.each(packageNames)("%s is clean for publint", async (name) => {
    const { messages, pkg } = await publint({ pack: { tarball: (await read(name)).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([]);
  });

  it.each(packageNames)("%s has the right types for every way to import it", async (name) => {
    const result = await checkPackage(createPackageFromTarballData(await read(name)));
    if (result.types === false) throw new Error(`${name} has no types`);
    const problems = result.problems.filter(
      (problem) => !("resolutionKind" in problem) || promisedResolutions(name).includes(problem.resolutionKind),
    );
    expect(problems).toEqual([]);
  });

  it.each(packageNames)("%s brings source, licence and no test", async (name) => {
    const files = createPackageFromTarballData(await read(name)).listFiles();
    const paths = files.map((file) => file.slice(file.indexOf(name) + name.length + 1));
    expect(paths).toEqual(
      expect.arrayContaining(["package.json", "LICENSE", "README.md", "src/index.ts", "dist/index.js"]),
    );
    expect(paths.filter((path) => /\.test\.|^dev\//.test(path))).toEqual([]);
  });
});

/** How a package may be imported: ESM and bundlers always, `require` where CommonJS is built. Nobody is promised node10. */
function promisedResolutions(name: string): ResolutionKind[] {
  const commonJs = doors.some((door) => door.package === name && door.commonJs);
  return commonJs ? ["node16-cjs", "node16-esm", "bundler"] : ["node16-esm", "bundler"];
}
