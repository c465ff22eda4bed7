import { MailError } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { createLineFilter } from "../../../packages/core/src/mime/line-filter.ts";
import { concatBytes } from "../../../packages/core/src/util/bytes.ts";
import { latin1 } from "../../support/message.ts";

function filtered(text: string, chunkSize: number, eightBit = true): string {
  const filter = createLineFilter(eightBit, (fault) => new MailError("unsupported", fault, { phase: "body" }));
  const bytes = Buffer.from(text, "latin1");
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) pieces.push(filter.push(bytes.subarray(at, at + chunkSize)));
  return latin1(concatBytes([...pieces, filter.end()]));
}

test("every line end becomes CRLF, wherever chunks end", () => {
  const pieces = ["\r", "\n", "\r\n", "a", ""];
  // All texts of five of these pieces.
  for (let number = 0; number < pieces.length ** 5; number++) {
    const text = [1, 5, 25, 125, 625].map((place) => pieces[Math.floor(number / place) % 5]).join("");
    const repaired = text.replace(/\r\n|\r|\n/g, "\r\n");
    const expected = repaired === "" || repaired.endsWith("\r\n") ? repaired : `${repaired}\r\n`;
    for (const chunkSize of [1, 2, 3, 10]) {
      expect(filtered(text, chunkSize), `${JSON.stringify(text)} by ${chunkSize}`).toBe(expected);
    }
  }
});

describe("what no server may be given is refused, across chunks too", () => {
  for (const chunkSize of [1, 7, 2000]) {
    test(`in chunks of ${chunkSize}`, () => {
      expect(filtered("a".repeat(998), chunkSize)).toBe(`${"a".repeat(998)}\r\n`);
      expect(() => filtered(`\n${"a".repeat(999)}`, chunkSize)).toThrow("long-line");
      expect(() => filtered("a\0b", chunkSize)).toThrow("nul");
    });
  }

  test("octets above 127 only where they are not wanted", () => {
    expect(filtered("\xfc", 1)).toBe("\xfc\r\n");
    expect(() => filtered("\xfc", 1, false)).toThrow("8bit");
  });
});
