import { expect, it } from "vitest";
import { cellsOf, EXCEPTIONS, REASONS } from "./matrix.ts";
import { servers } from "./servers.ts";
import { sinkStories } from "./sink-stories.ts";
import { stories } from "./stories.ts";

const names = [...stories, ...sinkStories].map(({ story }) => story);

it("names every story once", () => {
  expect(new Set(names).size).toBe(names.length);
});

it("leaves nothing out for a reason that no longer applies", () => {
  const { cells, leftOut } = cellsOf(["nativeTransport", "memoryTransport"]);
  expect([...leftOut.keys()].sort()).toEqual(REASONS.map(({ why }) => why).sort());
  expect(new Set(cells.map(({ server }) => server))).toEqual(new Set(servers.map(({ name }) => name)));
});

it("makes no exception from a story that is not told", () => {
  expect(names).toEqual(expect.arrayContaining([...EXCEPTIONS]));
});
