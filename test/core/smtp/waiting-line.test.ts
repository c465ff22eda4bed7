import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WaitingLine } from "../../../packages/core/src/smtp/waiting-line.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function aLine() {
  const left: [name: string, isDue: boolean][] = [];
  const line = new WaitingLine<{ name: string; dueAt: number; signal: AbortSignal | undefined }>(({ name }, isDue) =>
    left.push([name, isDue]),
  );
  const join = (name: string, signal?: AbortSignal) => line.join({ name, signal, dueAt: performance.now() + 1_000 });
  return { line, join, left };
}

test("takes first who came first", () => {
  const { line, join } = aLine();
  for (const name of ["a", "b"]) join(name);
  expect([line.take()?.name, line.take()?.name, line.take()]).toEqual(["a", "b", undefined]);
});

test("dismisses everyone in time, with one timer for all", () => {
  const { line, join, left } = aLine();
  join("a");
  vi.advanceTimersByTime(400);
  join("b");
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(600);
  expect(left).toEqual([["a", true]]);
  vi.advanceTimersByTime(400);
  expect(left).toEqual([
    ["a", true],
    ["b", true],
  ]);
  expect(line.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("lets go whose signal aborts, from anywhere in line", () => {
  const { line, join, left } = aLine();
  const caller = new AbortController();
  join("a");
  join("b", caller.signal);
  join("c");
  caller.abort();
  expect(left).toEqual([["b", false]]);
  expect([line.take()?.name, line.take()?.name]).toEqual(["a", "c"]);
});

test("forgets whoever was taken", () => {
  const { line, join, left } = aLine();
  const caller = new AbortController();
  join("a", caller.signal);
  line.take();
  caller.abort();
  vi.advanceTimersByTime(1_000);
  expect(left).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
