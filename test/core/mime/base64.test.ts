import { afterEach, describe, expect, test, vi } from "vitest";
import { concatBytes } from "../../../packages/core/src/util/bytes.ts";
import { latin1 } from "../../support/message.ts";

const engine = Uint8Array.prototype as { toBase64?: unknown };
const native = engine.toBase64;

afterEach(() => {
  engine.toBase64 = native;
  vi.resetModules();
});

/** Lines of 76 with CRLF between them, by an encoder we did not write. */
function expected(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("base64")
    .replace(/.{76}(?!$)/g, "$&\r\n");
}

for (const isNative of [true, false]) {
  describe(isNative ? "by the engine, where it can" : "by table, where the engine cannot", () => {
    const load = () => {
      if (!isNative) engine.toBase64 = undefined;
      return import("../../../packages/core/src/mime/base64.ts");
    };

    test("every length up to a few lines", async () => {
      const { encodeBase64 } = await load();
      for (let length = 0; length <= 57 * 3 + 1; length++) {
        const bytes = Uint8Array.from({ length }, (_, index) => index * 131 + length);
        expect(latin1(encodeBase64(bytes))).toBe(expected(bytes));
      }
    });

    test("more than a block of lines", async () => {
      const { encodeBase64 } = await load();
      const bytes = Uint8Array.from({ length: 57 * 840 * 2 + 100 }, (_, index) => (index * 7919) >> 3);
      expect(latin1(encodeBase64(bytes))).toBe(expected(bytes));
    });

    test("the same, wherever chunks end", async () => {
      const { createBase64Encoder } = await load();
      const bytes = Uint8Array.from({ length: 200 }, (_, index) => 255 - index);
      for (let size = 1; size <= bytes.length; size++) {
        const encoder = createBase64Encoder();
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) pieces.push(encoder.push(bytes.slice(at, at + size)));
        expect(latin1(concatBytes([...pieces, encoder.end()]))).toBe(expected(bytes));
      }
    });

    test("of a chunk that its owner fills again", async () => {
      const { createBase64Encoder } = await load();
      const encoder = createBase64Encoder();
      const chunk = Uint8Array.of(1, 2, 3);
      const first = encoder.push(chunk);
      chunk.fill(0);
      expect(latin1(concatBytes([first, encoder.end()]))).toBe("AQID");
    });
  });
}
