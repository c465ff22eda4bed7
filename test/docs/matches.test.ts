import { describe, expect, it } from "vitest";
import { matches } from "./matches.ts";

describe("what a page shows of an output", () => {
  it("is the output", () => {
    expect(matches("one\ntwo", "one\ntwo")).toBe(true);
    expect(matches("one\ntwo", "one")).toBe(false);
    expect(matches("a.b (c) [d]", "a.b (c) [d]")).toBe(true);
    expect(matches("axb", "a.b")).toBe(false);
  });

  it("may leave out the middle of a line", () => {
    expect(matches("Message-ID: <123@example.com>", "Message-ID: <…@example.com>")).toBe(true);
    expect(matches("Message-ID: <1\n2@example.com>", "Message-ID: <…@example.com>")).toBe(false);
  });

  it("may leave out lines", () => {
    expect(matches("first\nsecond\nthird", "first\n…\nthird")).toBe(true);
    expect(matches("first\nthird", "first\n…\nthird")).toBe(true);
    expect(matches("first\nsecond", "first\n…\nthird")).toBe(false);
  });
});
