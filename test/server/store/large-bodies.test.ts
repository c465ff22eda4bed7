import { Miniflare } from "miniflare";
import { expect, onTestFinished, test } from "vitest";
import { type D1, d1Store } from "../../../packages/server/src/store/d1.ts";
import type { R2 } from "../../../packages/server/src/store/large-bodies.ts";
import type { MessageRecord } from "../../../packages/server/src/store/message-record.ts";
import type { Store } from "../../../packages/server/src/store/store.ts";
import { MESSAGE } from "./waiting-message.ts";

const HOUR_MS = 60 * 60 * 1000;
const LARGE = new Uint8Array(100_000).map((_, index) => index % 251);

async function open(): Promise<{ database: D1; bucket: R2; keys(): Promise<string[]> }> {
  const miniflare = new Miniflare({
    modules: true,
    script: "export default { fetch: () => new Response() }",
    d1Databases: ["DB"],
    r2Buckets: ["BODIES"],
  });
  onTestFinished(() => miniflare.dispose());
  const bucket = (await miniflare.getR2Bucket("BODIES")) as unknown as R2;
  const keys = async () => (await bucket.list({ prefix: "" })).objects.map(({ key }) => key);
  return { database: (await miniflare.getD1Database("DB")) as unknown as D1, bucket, keys };
}

function keep({ messages }: Store, bytes: Uint8Array, changes: Partial<MessageRecord> = {}) {
  const body = { bytes, dsn: null, requireTls: true, isKept: true };
  return messages.begin({ message: { ...MESSAGE, ...changes }, body, leaseUntil: null }, 0);
}

test("a body beyond 32 KiB is in the bucket, one up to that in the database", async () => {
  const { database, bucket, keys } = await open();
  const store = await d1Store(database, bucket);
  const small = LARGE.subarray(0, 32 * 1024);
  await keep(store, small, { id: "small" });
  await keep(store, LARGE, { id: "large" });
  expect(await keys()).toEqual(["bodies/large"]);
  expect((await store.messages.body("small"))?.bytes).toEqual(small);
  expect(await store.messages.body("large")).toEqual({ bytes: LARGE, dsn: null, requireTls: true, isKept: true });
});

test("without a bucket a body is as large as a row of D1 may be, and never lost in silence", async () => {
  const { database, bucket } = await open();
  const bare = await d1Store(database);
  const largest = new Uint8Array(1_990_000).fill(65);
  await keep(bare, largest, { id: "largest" });
  expect((await bare.messages.body("largest"))?.bytes.length).toBe(largest.length);
  await expect(keep(bare, new Uint8Array(1_990_001), { id: "larger" })).rejects.toMatchObject({
    code: "message-too-large",
  });
  expect(await bare.messages.find("larger")).toBeUndefined();

  await keep(await d1Store(database, bucket), LARGE, { id: "in the bucket" });
  expect(await bare.messages.body("in the bucket")).toBeUndefined();
});

test("an object nobody needs is forgotten with the log, one that was written just now is not", async () => {
  const { database, bucket, keys } = await open();
  let now = Date.now();
  const store = await d1Store(database, bucket, () => new Date(now));
  const idempotency = { route: "/v1/messages", key: "order-1", fingerprint: "f" };
  await keep(store, LARGE, { id: "first", idempotency });
  expect(await keep(store, LARGE, { id: "again", idempotency })).toMatchObject({ id: "first" });
  await keep(store, LARGE, { id: "over", dueAt: null, state: "failed" });
  await bucket.put("of-somebody-else", LARGE);
  await store.messages.prune(2_000);
  expect(await keys()).toEqual(["bodies/again", "bodies/first", "bodies/over", "of-somebody-else"]);
  now += 2 * HOUR_MS;
  await store.messages.prune(2_000);
  expect(await keys()).toEqual(["bodies/first", "of-somebody-else"]);
});
