import { expect, test } from "vitest";
import { boundaryMaker } from "../../../packages/core/src/mime/boundary.ts";
import { countingBytes } from "../../support/message.ts";

test("no boundary begins with another, however many there are", () => {
  const createBoundary = boundaryMaker(countingBytes, []);
  const boundaries = Array.from({ length: 120 }, createBoundary);
  for (const one of boundaries) {
    expect(boundaries.filter((other) => `--${other}`.startsWith(`--${one}`))).toEqual([one]);
  }
});

test("a boundary in a message that is attached is not taken", () => {
  const [first = "", second = ""] = Array.from({ length: 2 }, boundaryMaker(countingBytes, []));
  const attached = (text: string) => [{ kind: "bytes", bytes: new TextEncoder().encode(text) }] as const;
  expect(boundaryMaker(countingBytes, attached(`\r\n--${first}\r\n`))()).toBe(second);
});

test("no randomness is asked for when no boundary is", () => {
  boundaryMaker(() => {
    throw new Error("asked");
  }, []);
});
