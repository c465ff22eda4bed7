import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startDeadline, startHousekeeping, Watchdog, within } from "../../../packages/core/src/util/deadline.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("startDeadline", () => {
  test("aborts when the time is over, and says so", () => {
    const deadline = startDeadline(100, undefined);
    vi.advanceTimersByTime(99);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.expired).toBe(true);
  });

  test("aborts with the caller, and hands on the reason", () => {
    const caller = new AbortController();
    const deadline = startDeadline(100, caller.signal);
    caller.abort("enough");
    expect(deadline.signal.reason).toBe("enough");
    expect(deadline.expired).toBe(false);
  });

  test("is over at once when the caller gave up before", () => {
    expect(startDeadline(100, AbortSignal.abort("before")).signal.reason).toBe("before");
  });

  test("leaves no timer and no listener behind", () => {
    const caller = new AbortController();
    const deadline = startDeadline(100, caller.signal);
    deadline.end();
    expect(vi.getTimerCount()).toBe(0);
    caller.abort();
    expect(deadline.signal.aborted).toBe(false);
  });
});

describe("within", () => {
  const failure = (expired: boolean) => new Error(expired ? "late" : "aborted");

  test("gives what the work gives", async () => {
    await expect(within(100, undefined, async () => "done", failure)).resolves.toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("hands on why the work failed", async () => {
    await expect(within(100, undefined, () => Promise.reject(new Error("broken")), failure)).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not wait for work that never ends", async () => {
    const result = expect(within(100, undefined, () => new Promise(() => {}), failure)).rejects.toThrow("late");
    await vi.advanceTimersByTimeAsync(100);
    await result;
  });

  test("gives up with the caller, and tells the work", async () => {
    const caller = new AbortController();
    let told: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      told = signal;
      return new Promise(() => {});
    };
    const working = within(100, caller.signal, work, failure);
    caller.abort();
    await expect(working).rejects.toThrow("aborted");
    expect(told?.aborted).toBe(true);
  });

  test("hands on what comes in the very moment the caller gives up, so that a socket is not forgotten", async () => {
    const caller = new AbortController();
    const tooLate = vi.fn();
    const work = async () => {
      caller.abort();
      return "a socket";
    };
    await expect(within(100, caller.signal, work, failure, tooLate)).rejects.toThrow("aborted");
    expect(tooLate).toHaveBeenCalledExactlyOnceWith("a socket");
  });

  test("does not begin when the caller gave up before", async () => {
    const work = vi.fn(async () => {});
    await expect(within(100, AbortSignal.abort(), work, failure)).rejects.toThrow("aborted");
    expect(work).not.toHaveBeenCalled();
  });

  test("hands over what comes too late, so that it can be closed", async () => {
    const late: string[] = [];
    let finish: (value: string) => void = () => {};
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const result = expect(
      within(
        100,
        undefined,
        () => work,
        failure,
        (value) => late.push(value),
      ),
    ).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(100);
    await result;
    finish("socket");
    await work;
    expect(late).toEqual(["socket"]);
  });
});

describe("Watchdog", () => {
  test("barks when the time is over, once", () => {
    const bark = vi.fn();
    new Watchdog(bark).start(100);
    vi.advanceTimersByTime(99);
    expect(bark).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(bark).toHaveBeenCalledTimes(1);
  });

  test("counts from the last start, with one timer for all", () => {
    const bark = vi.fn();
    const watchdog = new Watchdog(bark);
    for (let start = 0; start < 10; start++) {
      watchdog.start(100);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(60);
    }
    expect(bark).not.toHaveBeenCalled();
    vi.advanceTimersByTime(40);
    expect(bark).toHaveBeenCalledTimes(1);
  });

  test("is early enough when a short limit follows a long one", () => {
    const bark = vi.fn();
    const watchdog = new Watchdog(bark);
    watchdog.start(10_000);
    watchdog.start(50);
    vi.advanceTimersByTime(50);
    expect(bark).toHaveBeenCalledTimes(1);
  });

  test("keeps quiet once it was stopped", () => {
    const bark = vi.fn();
    const watchdog = new Watchdog(bark);
    watchdog.start(100);
    watchdog.stop();
    vi.advanceTimersByTime(1000);
    expect(bark).not.toHaveBeenCalled();
    watchdog.start(100);
    watchdog.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("housekeeping does not keep a process alive", () => {
  vi.useRealTimers();
  const timer: unknown = startHousekeeping(() => {}, 60_000);
  expect((timer as { hasRef(): boolean }).hasRef()).toBe(false);
  clearTimeout(timer as number);
});
