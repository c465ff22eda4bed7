import { expect, test } from "vitest";
import { Queue } from "../../../packages/core/src/util/queue.ts";

function drain<T>(queue: Queue<T>): T[] {
  const values: T[] = [];
  for (let value = queue.shift(); value !== undefined; value = queue.shift()) values.push(value);
  return values;
}

test("serves in the order of arrival", () => {
  const queue = new Queue<string>();
  for (const value of ["a", "b", "c"]) queue.push(value);
  expect(queue.size).toBe(3);
  expect(drain(queue)).toEqual(["a", "b", "c"]);
  expect(queue.size).toBe(0);
});

test.each([
  ["first", 0, ["b", "c"]],
  ["middle", 1, ["a", "c"]],
  ["last", 2, ["a", "b"]],
])("lets the %s in line leave", (_, index, rest) => {
  const queue = new Queue<string>();
  const entries = ["a", "b", "c"].map((value) => queue.push(value));
  const leaving = entries[index];
  if (leaving !== undefined) queue.remove(leaving);
  expect(queue.size).toBe(2);
  expect(drain(queue)).toEqual(rest);
});

test("does not mind who leaves twice, or after being served", () => {
  const queue = new Queue<string>();
  const a = queue.push("a");
  const b = queue.push("b");
  queue.remove(b);
  queue.remove(b);
  expect(queue.shift()).toBe("a");
  queue.remove(a);
  expect(queue.size).toBe(0);
  queue.push("c");
  expect(drain(queue)).toEqual(["c"]);
});
