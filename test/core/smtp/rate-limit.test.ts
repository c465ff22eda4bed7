import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimit } from "../../../packages/core/src/smtp/rate-limit.ts";

test("lets the first messages through at once, the next when the first is old enough", () => {
  const rate = new RateLimit({ messages: 2, perMs: 1000 });
  for (const now of [0, 300]) {
    expect(rate.waitMs(now)).toBe(0);
    rate.take(now);
  }
  expect(rate.waitMs(400)).toBe(600);
  expect(rate.waitMs(999.5)).toBe(1);
  expect(rate.waitMs(1000)).toBe(0);
});

test("never lets more through in any stretch of time", () => {
  const steps = fc.array(fc.nat(50), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100 }), steps, (messages, perMs, waits) => {
      const rate = new RateLimit({ messages, perMs });
      const starts: number[] = [];
      let now = 0;
      for (const wait of waits) {
        now += wait;
        if (rate.waitMs(now) > 0) continue;
        rate.take(now);
        starts.push(now);
      }
      for (const start of starts) {
        expect(starts.filter((other) => other >= start && other < start + perMs).length).toBeLessThanOrEqual(messages);
      }
    }),
  );
});
