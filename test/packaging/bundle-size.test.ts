import { describe, expect, it } from "vitest";
import { BUDGETS, bundleSize, EDGE_SEND_PATH } from "../../bench/bundle-size.ts";
import { doors, specifierOf } from "./doors.ts";

// Bytes are not noise: what a door brings along is measured from what was built, and may not grow unnoticed. A change
// that needs more raises its budget in the same commit, where a reader sees what it cost; one that saves lowers it.

describe("the size budgets", () => {
  it("name the edge send path and every door, and nothing else", () => {
    expect(Object.keys(BUDGETS).sort()).toEqual([EDGE_SEND_PATH, ...doors.map(specifierOf)].sort());
  });

  it.each(Object.entries(BUDGETS))("hold %s, minified and gzipped", async (name, { budget }) => {
    const kilobytes = (await bundleSize(name)).gzipped / 1000;
    expect(kilobytes).toBeLessThanOrEqual(budget);
    // A budget with room to spare guards nothing.
    expect(kilobytes).toBeGreaterThan(budget * 0.9);
  });
});
