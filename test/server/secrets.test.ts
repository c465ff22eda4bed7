import { describe, expect, test } from "vitest";
import { createSecretBox, generateKey } from "../../packages/server/src/secrets.ts";

const PLACE = "connections/team/alerts/secrets";

test("what was sealed can be opened, and looks like nothing in between", async () => {
  const box = createSecretBox([generateKey()]);
  const sealed = await box.seal("canary2 ✓", PLACE);
  expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+\.[\w-]+$/);
  expect(await box.open(sealed, PLACE)).toBe("canary2 ✓");
});

test("the same value never looks the same twice", async () => {
  const box = createSecretBox([generateKey()]);
  const [one, other] = [await box.seal("canary2", PLACE), await box.seal("canary2", PLACE)];
  const parts = [...(one ?? "").split(".").slice(2), ...(other ?? "").split(".").slice(2)];
  expect(new Set(parts).size).toBe(4);
});

test("a value moved to another row cannot be opened there", async () => {
  const box = createSecretBox([generateKey()]);
  const sealed = await box.seal("canary2", PLACE);
  await expect(box.open(sealed, "connections/mallory/secrets")).rejects.toThrow(/moved/);
});

test("nor can the data key of one place open the value of another", async () => {
  const box = createSecretBox([generateKey()]);
  const [version, id, wrapped] = (await box.seal("mine", "connections/mallory/secrets")).split(".");
  const [, , , ciphertext] = (await box.seal("canary2", PLACE)).split(".");
  await expect(box.open([version, id, wrapped, ciphertext].join("."), PLACE)).rejects.toThrow(/moved/);
});

test("one changed bit is noticed, wherever it is", async () => {
  const box = createSecretBox([generateKey()]);
  const sealed = await box.seal("canary2", PLACE);
  for (let index = sealed.indexOf(".", 3) + 1; index < sealed.length - 1; index++) {
    if (sealed[index] === ".") continue;
    const changed = `${sealed.slice(0, index)}${sealed[index] === "A" ? "B" : "A"}${sealed.slice(index + 1)}`;
    await expect(box.open(changed, PLACE)).rejects.toThrow();
  }
});

describe("rotation", () => {
  test("a new key seals, the old one still opens, and what is outdated can be told", async () => {
    const [old, fresh] = [generateKey(), generateKey()];
    const sealed = await createSecretBox([old]).seal("canary2", PLACE);
    const both = createSecretBox([fresh, old]);
    expect(await both.isOutdated(sealed)).toBe(true);
    const again = await both.seal(await both.open(sealed, PLACE), PLACE);
    expect(await both.isOutdated(again)).toBe(false);
    expect(await createSecretBox([fresh]).open(again, PLACE)).toBe("canary2");
  });

  test("without its key a value stays closed", async () => {
    const sealed = await createSecretBox([generateKey()]).seal("canary2", PLACE);
    await expect(createSecretBox([generateKey()]).open(sealed, PLACE)).rejects.toThrow(/not here/);
  });
});

test.each(["", "canary2", "AAAA", "not base64!"])("%j is no key, and is not repeated", (key) => {
  expect(() => createSecretBox([key])).toThrow("An encryption key must be 32 octets in base64.");
});
