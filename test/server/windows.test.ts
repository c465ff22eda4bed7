import { expect, test } from "vitest";
import { countInWindows } from "../../packages/server/src/http/windows.ts";

test("a window begins with what is counted first, and the next one from nothing", () => {
  let now = 0;
  const count = countInWindows(1000, () => new Date(now));
  expect(count("a")).toEqual({ total: 1, endsInMs: 1000 });
  now = 400;
  expect(count("a")).toEqual({ total: 2, endsInMs: 600 });
  expect(count("b")).toEqual({ total: 1, endsInMs: 1000 });
  now = 1000;
  expect(count("a")).toEqual({ total: 1, endsInMs: 1000 });
});

test("ten thousand names are remembered, and of more the oldest windows forgotten", () => {
  const count = countInWindows(1000, () => new Date(0));
  for (let name = 0; name <= 10_000; name++) count(String(name));
  expect(count("1").total).toBe(2);
  expect(count("0").total).toBe(1);
});
