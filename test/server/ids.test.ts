import { expect, test } from "vitest";
import { createIdSource, randomBytes } from "../../packages/server/src/ids.ts";

test("an id is a UUID of version 7 that holds its time", () => {
  const id = createIdSource(() => new Uint8Array(8).fill(255))(new Date(0x0123456789ab));
  expect(id).toBe("01234567-89ab-7000-bfff-ffffffffffff");
});

test("ids sort in the order they were made, within a millisecond and when the clock goes back", () => {
  const newId = createIdSource(randomBytes);
  const times = [...Array.from({ length: 5000 }, () => 1000), 999, 1, 1001, 5000];
  const ids = times.map((time) => newId(new Date(time)));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
