import { expect, test, vi } from "vitest";
import { SignalFollowers } from "../../../packages/core/src/util/signal-followers.ts";

test("tells everyone who follows, and nobody who stopped", () => {
  const followers = new SignalFollowers();
  const [first, second] = [new AbortController(), new AbortController()];
  const [a, b, c] = [vi.fn(), vi.fn(), vi.fn()];
  followers.follow(first.signal, a);
  const stop = followers.follow(first.signal, b);
  followers.follow(second.signal, c);
  stop();
  first.abort();
  expect([a, b, c].map((task) => task.mock.calls.length)).toEqual([1, 0, 0]);
});

test("hangs one listener on a signal, and takes it off with the last who follows", () => {
  const { signal } = new AbortController();
  const add = vi.spyOn(signal, "addEventListener");
  const remove = vi.spyOn(signal, "removeEventListener");
  const followers = new SignalFollowers();
  const stops = Array.from({ length: 1_000 }, () => followers.follow(signal, () => {}));
  expect(add).toHaveBeenCalledTimes(1);
  for (const stop of stops) {
    expect(remove).not.toHaveBeenCalled();
    stop();
  }
  expect(remove).toHaveBeenCalledTimes(1);
  followers.follow(signal, () => {});
  expect(add).toHaveBeenCalledTimes(2);
});

test("lets followers stop while they are told", () => {
  const controller = new AbortController();
  const followers = new SignalFollowers();
  const told: number[] = [];
  const stops = [0, 1, 2].map((index) =>
    followers.follow(controller.signal, () => {
      told.push(index);
      stops[index]?.();
    }),
  );
  controller.abort();
  expect(told).toEqual([0, 1, 2]);
});
