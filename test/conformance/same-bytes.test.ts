import { beforeAll, describe, expect, it } from "vitest";
import { bundle, runtimes } from "../support/runtimes.ts";
import { report } from "./same-bytes-suite.ts";

// Promise 9: the same bytes from every runtime. One builder, one suite, run in all of them and compared message by message.

describe("the same message is the same bytes", () => {
  let module: string;
  let here: string[];

  beforeAll(async () => {
    module = await bundle(new URL("./same-bytes-suite.ts", import.meta.url));
    here = (await report()).split("\n");
  });

  it("whether it is built at once or streamed", () => {
    const digests = new Map(
      here.map((line) => line.split(" ")).map(([name, way, digest]) => [`${name} ${way}`, digest]),
    );
    const names = new Set(here.map((line) => line.split(" ")[0]));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(digests.get(`${name} stream`), name).toBe(digests.get(`${name} bytes`));
  });

  for (const runtime of runtimes) {
    it(`in ${runtime.name}`, async (context) => {
      if (runtime.missing) context.skip(`not run in ${runtime.name}: ${runtime.missing}`);
      expect((await runtime.evaluate(module)).split("\n")).toEqual(here);
    }, 60_000);
  }
});
