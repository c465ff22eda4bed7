import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sha256 } from "../../../packages/core/src/util/sha256.ts";

const hex = (hash: Sha256) => Buffer.from(hash.digest()).toString("hex");
const bytes = (text: string) => new TextEncoder().encode(text);

describe("SHA-256", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
  ])("digests the examples of FIPS 180: %j", (message, digest) => {
    expect(hex(new Sha256().update(bytes(message)))).toBe(digest);
  });

  it("does not care where chunks end", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 8 }), (chunks) => {
        const hash = new Sha256();
        for (const chunk of chunks) hash.update(chunk);
        expect(hex(hash)).toBe(createHash("sha256").update(Buffer.concat(chunks)).digest("hex"));
      }),
    );
  });

  it("leaves the bytes it was given as they were", () => {
    const view = new Uint8Array([9, 9, ...bytes("abc"), 9]).subarray(2, 5);

    expect(hex(new Sha256().update(view))).toMatch(/^ba7816bf/);
    expect(view).toEqual(bytes("abc"));
  });
});
