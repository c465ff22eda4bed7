import { describe, expect, test } from "vitest";
import { encodeWords } from "../../../packages/core/src/mime/encoded-word.ts";

/** Each word alone, as RFC 2047 demands it, with no mercy for a character that was cut. */
function decode(word: string): string {
  const [, scheme, payload = ""] = /^=\?utf-8\?([BQ])\?([^?]*)\?=$/.exec(word) ?? [];
  const bytes =
    scheme === "B"
      ? Buffer.from(payload, "base64")
      : Buffer.from(
          payload.replaceAll("_", " ").replace(/=(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
          "latin1",
        );
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

const texts = {
  "Latin letters": "Überraschung für Zoë und François ".repeat(10),
  "one emoji after another": "👍🏽👩‍👩‍👧‍👦🇩🇪🏳️‍🌈".repeat(20),
  Chinese: "你好世界".repeat(50),
  "combining marks": "e\u0301a\u0308".repeat(60),
  "more marks on one letter than fit into a word": `a${"\u0301".repeat(200)}b`,
  "an endless chain of joiners": "👩\u200d".repeat(60),
  "a code point at every offset": Array.from({ length: 40 }, (_, length) => `${"x".repeat(length)}😀é`).join(""),
};

for (const [name, text] of Object.entries(texts)) {
  test(`cuts ${name} into words of 75 that decode alone`, () => {
    const words = encodeWords(text, 50);
    expect(words.map(decode).join("")).toBe(text);
    for (const word of words) expect(word.length).toBeLessThanOrEqual(75);
    expect(words[0]?.length).toBeLessThanOrEqual(50);
  });
}

describe("never cuts what is seen as one character", () => {
  const characters = { family: "👩‍👩‍👧‍👦", flag: "🇩🇪", "skin tone": "👍🏽", "letter with two marks": "o\u0302\u0323" };
  for (const [name, character] of Object.entries(characters)) {
    test(name, () => {
      for (let before = 0; before < 60; before++) {
        const words = encodeWords("x".repeat(before) + character).map(decode);
        expect(
          words.some((word) => word.includes(character)),
          `after ${before}`,
        ).toBe(true);
      }
    });
  }
});

test("takes Q or B, whichever is shorter", () => {
  expect(encodeWords("Grüße an alle Freunde")).toEqual(["=?utf-8?Q?Gr=C3=BC=C3=9Fe_an_alle_Freunde?="]);
  expect(encodeWords("漢字")).toEqual(["=?utf-8?B?5ryi5a2X?="]);
});

test("writes in Q only what may stand in a phrase", () => {
  const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(index + 32)).join("");
  for (const word of encodeWords(`${all}${"a".repeat(300)}`))
    expect(word).toMatch(/^=\?utf-8\?Q\?[A-Za-z0-9!*+\-/=_]*\?=$/);
});

test("begins on the next line when there is no room behind the name", () => {
  const [first = ""] = encodeWords("ü".repeat(40), 10);
  expect(first.length).toBeGreaterThan(60);
});

test("replaces half a surrogate pair", () => {
  expect(encodeWords("a\ud800ü").map(decode).join("")).toBe("a\ufffdü");
});
