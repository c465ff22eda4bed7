import { describe, expect, test } from "vitest";
import { parsePrefer } from "../../packages/server/src/http/prefer.ts";

describe("Prefer", () => {
  test.each<[string, string, Record<string, string>]>([
    ["one", "respond-async", { "respond-async": "" }],
    ["several", "respond-async, wait=10 ,return=minimal", { "respond-async": "", wait: "10", return: "minimal" }],
    ["names in capitals", "Return=minimal", { return: "minimal" }],
    ["spaces around the sign", "return = minimal", { return: "minimal" }],
    ["a quoted value with a comma", 'a="x, return=minimal", b', { a: "x, return=minimal", b: "" }],
    ["an escape in a quoted value", String.raw`a="\"x\""`, { a: '"x"' }],
    ["parameters", 'return=minimal; a="b;c", respond-async;x', { return: "minimal", "respond-async": "" }],
    ["a name twice, of which the first counts", "return=minimal, return=representation", { return: "minimal" }],
    ["an empty value", 'a="", b=', { a: "", b: "" }],
    ["nothing between commas", ", ,a,", { a: "" }],
    ["a quote that never ends", 'a="x', {}],
    ["more than anybody prefers", `return=minimal, a=${"x".repeat(1000)}`, {}],
  ])("with %s", (_what, header, preferences) => {
    expect(Object.fromEntries(parsePrefer(header))).toEqual(preferences);
  });

  test("may be absent", () => {
    expect(parsePrefer(undefined).size).toBe(0);
  });
});
