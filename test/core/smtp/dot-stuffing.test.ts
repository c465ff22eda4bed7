import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DotStuffing, LineEndFilter, repairLineEnds } from "../../../packages/core/src/smtp/dot-stuffing.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (pieces: readonly Uint8Array[]) => pieces.map((piece) => new TextDecoder().decode(piece)).join("");

/** Text of the octets that matter here, cut anywhere. */
const cutText = fc
  .array(
    fc.array(fc.constantFrom(".", "\r", "\n", "a"), { maxLength: 5 }).map((octets) => octets.join("")),
    { maxLength: 12 },
  )
  .map((pieces) => ({ pieces, text: pieces.join("") }));

function stuff(pieces: readonly string[]): string {
  const stuffing = new DotStuffing();
  return decode([...pieces.map((piece) => stuffing.push(encode(piece))), stuffing.end()]);
}

function repair(pieces: readonly string[]): string {
  const filter = new LineEndFilter();
  return decode([...pieces.map((piece) => filter.push(encode(piece))), filter.end()]);
}

describe("DotStuffing", () => {
  test.each([
    ["", ".\r\n"],
    ["a\r\n", "a\r\n.\r\n"],
    ["a", "a\r\n.\r\n"],
    [".", "..\r\n.\r\n"],
    ["..\r\n.a\r\n", "...\r\n..a\r\n.\r\n"],
    ["a.b.\r\n.\r\n", "a.b.\r\n..\r\n.\r\n"],
    ["\r\n.\r\nMAIL FROM:<evil@x>\r\n", "\r\n..\r\nMAIL FROM:<evil@x>\r\n.\r\n"],
  ])("%j becomes %j, in one piece and octet by octet", (text, expected) => {
    expect(stuff([text])).toBe(expected);
    expect(stuff([...text])).toBe(expected);
  });

  test("copies nothing where there is nothing to do", () => {
    const bytes = encode("no dot\r\nhere.\r\n");
    expect(new DotStuffing().push(bytes)).toBe(bytes);
  });

  test("never lets the end of a message stand inside it, and a server reads back what was written", () => {
    fc.assert(
      fc.property(cutText, ({ pieces, text }) => {
        const clean = repair([text]);
        const filter = new LineEndFilter();
        const stuffing = new DotStuffing();
        const cut = [...pieces.map((piece) => filter.push(encode(piece))), filter.end()].map((piece) =>
          stuffing.push(piece),
        );
        const wire = decode([...cut, stuffing.end()]);
        expect(`\r\n${wire}`.indexOf("\r\n.\r\n")).toBe(wire.length - 3);
        const unstuffed = wire.slice(0, -3).replace(/(^|\r\n)\./g, "$1");
        expect(unstuffed).toBe(clean === "" || clean.endsWith("\n") ? clean : `${clean}\r\n`);
      }),
    );
  });
});

describe("LineEndFilter", () => {
  test.each([
    ["a\r\nb", "a\r\nb"],
    ["a\nb\rc", "a\r\nb\r\nc"],
    ["\r\r\n\n", "\r\n\r\n\r\n"],
    ["a\r", "a\r\n"],
    ["a\n.\nMAIL FROM:<evil@x>", "a\r\n.\r\nMAIL FROM:<evil@x>"],
    ["\n", "\r\n"],
    ["", ""],
  ])("%j becomes %j, in one piece and octet by octet", (text, expected) => {
    expect(repair([text])).toBe(expected);
    expect(repair([...text])).toBe(expected);
  });

  test("lets nothing bare out, and leaves alone what is right", () => {
    fc.assert(
      fc.property(cutText, ({ pieces, text }) => {
        const repaired = repair(pieces);
        expect(repaired).toBe(text.replace(/\r\n|\r|\n/g, "\r\n"));
        expect(repair([repaired])).toBe(repaired);
      }),
    );
  });
});

describe("repairLineEnds", () => {
  test("gives back the very bytes that need no repair", () => {
    const bytes = encode("a\r\n\r\n.\r\n");
    expect(repairLineEnds(bytes)).toBe(bytes);
  });

  test("does to a whole message what the filter does to its pieces", () => {
    fc.assert(
      fc.property(cutText, ({ text }) => {
        expect(decode([repairLineEnds(encode(text))])).toBe(repair([text]));
      }),
    );
  });
});
