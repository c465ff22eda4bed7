import { describe, expect, test } from "vitest";
import type { SuppressionRecord } from "../../../packages/server/src/store/suppression-record.ts";
import { STORES } from "../store/drivers.ts";

const ENTRY: SuppressionRecord = {
  id: "s1",
  address: "a@example.com",
  connection: null,
  reason: "complaint",
  note: "Grüße ✓",
  createdAt: 1_000,
  expiresAt: null,
};

describe.each(STORES)("%s", (_name, open) => {
  test("an entry comes back as it was put in, and can be taken away, once", async () => {
    const { suppressions } = await open();
    expect(await suppressions.put(ENTRY)).toEqual(ENTRY);
    expect(await suppressions.find("s1")).toEqual(ENTRY);
    expect(await suppressions.remove("s1")).toBe(true);
    expect(await suppressions.remove("s1")).toBe(false);
    expect(await suppressions.find("s1")).toBeUndefined();
  });

  test("what is put takes the place of what was there, what is added does not", async () => {
    const { suppressions } = await open();
    await suppressions.put(ENTRY);
    const later = { ...ENTRY, id: "s2", reason: "manual", note: null, createdAt: 2_000, expiresAt: 9_000 } as const;
    await suppressions.add(later);
    expect(await suppressions.list({ limit: 10 })).toEqual([ENTRY]);
    expect(await suppressions.put(later)).toEqual({ ...later, id: "s1", createdAt: 1_000 });
    expect(await suppressions.list({ limit: 10 })).toEqual([{ ...later, id: "s1", createdAt: 1_000 }]);
  });

  test("an entry holds for its connection, or for all, until its time is over", async () => {
    const { suppressions } = await open();
    await suppressions.put(ENTRY);
    await suppressions.put({ ...ENTRY, id: "s2", address: "b@example.com", connection: "main", expiresAt: 5_000 });
    const addresses = ["a@example.com", "b@example.com", "c@example.com"];
    expect([...(await suppressions.suppressed(addresses, "main", 4_999))].sort()).toEqual(addresses.slice(0, 2));
    expect(await suppressions.suppressed(addresses, "main", 5_000)).toEqual(["a@example.com"]);
    expect(await suppressions.suppressed(addresses, "other", 0)).toEqual(["a@example.com"]);
    expect(await suppressions.suppressed(addresses, null, 0)).toEqual(["a@example.com"]);
    await suppressions.prune(5_000);
    expect((await suppressions.list({ limit: 10 })).map(({ id }) => id)).toEqual(["s1"]);
  });

  test("a message may have more recipients than a database takes values", async () => {
    const { suppressions } = await open();
    const addresses = Array.from({ length: 250 }, (_, index) => `r${index}@example.com`);
    for (const index of [0, 89, 90, 249]) {
      await suppressions.put({ ...ENTRY, id: `s${index}`, address: `r${index}@example.com` });
    }
    expect((await suppressions.suppressed(addresses, "main", 0)).length).toBe(4);
    expect(await suppressions.suppressed([], "main", 0)).toEqual([]);
  });
});
