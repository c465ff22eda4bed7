import { beforeAll, describe, expect, it } from "vitest";
import { bundle, runtimes } from "../support/runtimes.ts";
import { report } from "./testing-suite.ts";

// Whoever writes a transport for a new runtime tests it there: the testing door asks for nothing but web APIs.

describe("contract, memory transport and scripted server work", () => {
  let module: string;
  let here: string;

  beforeAll(async () => {
    module = await bundle(new URL("./testing-suite.ts", import.meta.url));
    here = await report();
  });

  it("here", () => {
    const lines = here.split("\n");
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => !line.endsWith(": passed"))).toEqual([]);
  });

  for (const runtime of runtimes) {
    it(`in ${runtime.name}`, async (context) => {
      if (runtime.missing) context.skip(`not run in ${runtime.name}: ${runtime.missing}`);
      expect(await runtime.evaluate(module)).toBe(here);
    }, 60_000);
  }
});
