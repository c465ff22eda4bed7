import { embeddedQueue } from "@edgepost/server/node";
import { expect, test } from "vitest";
import { toExposition } from "../../../packages/server/src/metrics/exposition.ts";
import { createMetrics } from "../../../packages/server/src/metrics/metrics.ts";
import { MESSAGE, TOKEN, testEndpoint } from "../endpoint.ts";
import { STORES } from "../store/drivers.ts";

test.each(STORES)("in %s what waits is counted by connection, and how long it is overdue", async (_name, open) => {
  let now = Date.parse("2026-11-20T12:00:00Z");
  // Not started: what is stored for later waits.
  const { app, ask } = testEndpoint({
    clock: () => new Date(now),
    outbox: embeddedQueue(),
    store: await open(),
    encryptionKeys: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    connections: { main: "smtp://mail.example.com", other: "smtp://other.example.com" },
  });
  for (const [connection, sendAt] of [
    ["main", "2026-11-20T12:00:00Z"],
    ["main", "2026-11-20T12:01:00Z"],
    ["other", "2026-11-20T13:00:00Z"],
  ]) {
    expect((await ask("POST", "/v1/messages", { ...MESSAGE, connection, sendAt })).status).toBe(202);
  }
  now += 90_000;
  const response = await app.request("/metrics", { headers: { authorization: `Bearer ${TOKEN}` } });
  const lines = (await response.text()).split("\n");
  expect(lines.filter((line) => /^edgepost_queue/.test(line))).toEqual([
    'edgepost_queue_depth{connection="main"} 2',
    'edgepost_queue_depth{connection="other"} 1',
    'edgepost_queue_oldest_due_seconds{connection="main"} 90',
    'edgepost_queue_oldest_due_seconds{connection="other"} 0',
  ]);
});

test("a bucket of the histogram counts everything that was as short as its bound", () => {
  const metrics = createMetrics();
  for (const ms of [5, 10, 11, 2_000_000]) metrics.countAttempt(undefined, ms);
  const { buckets, count, sumSeconds } = metrics.durations;
  expect(buckets.slice(0, 2)).toEqual([
    { seconds: 0.01, count: 2 },
    { seconds: 0.025, count: 3 },
  ]);
  expect(buckets.at(-1)).toEqual({ seconds: 900, count: 3 });
  expect({ count, sumSeconds }).toEqual({ count: 4, sumSeconds: 2000.026 });
});

test("a label holds whatever it is given", () => {
  const samples = [{ labels: { connection: 'a"b\\c\nd' }, value: 1 }];
  const text = toExposition([{ name: "edgepost_x", type: "gauge", help: "X.", samples }]);
  expect(text).toBe('# HELP edgepost_x X.\n# TYPE edgepost_x gauge\nedgepost_x{connection="a\\"b\\\\c\\nd"} 1\n');
});
