import { describe, expect, it } from "vitest";
import { saslPrep } from "../../../../packages/core/src/smtp/sasl/saslprep.ts";

describe("SASLprep", () => {
  it.each([
    ["I\u00adX", "IX", "a soft hyphen is mapped to nothing"],
    ["user", "user", "ASCII stays as it is"],
    ["USER", "USER", "case is kept"],
    ["\u00aa", "a", "NFKC"],
    ["\u2168", "IX", "NFKC of a Roman numeral"],
  ])("prepares the examples of RFC 4013 section 3: %j", (given, expected) => {
    expect(saslPrep(given)).toBe(expected);
  });

  it.each([
    ["\u0007", "an ASCII control"],
    ["\u0627\u0031", "a right-to-left string that ends in a digit"],
    ["tab\tbed", "a tab"],
    ["caf\u00e9\u0085", "a C1 control"],
    ["\u2028", "a line separator"],
    ["\ue000", "private use"],
    ["\u{1fffe}", "a noncharacter"],
    ["\ufffd", "the replacement character"],
    ["a\u200fb", "a direction mark"],
    ["\u{e0041}", "a language tag"],
    ["\u05d0a\u05d0", "letters of both directions"],
  ])("refuses %j: %s", (given) => {
    expect(saslPrep(given)).toBeUndefined();
  });

  it.each([
    ["a\u00a0b", "a b", "a no-break space becomes a space"],
    ["a\u200bb", "a b", "U+200B is a space before it is nothing"],
    ["\ufb01x", "fix", "a ligature"],
    ["e\u0301", "\u00e9", "a combining accent"],
    ["\u05d0\u05d1 \u05d2", "\u05d0\u05d1 \u05d2", "one direction throughout"],
    ["\u0627\u06401\u061f", "\u0627\u06401\u061f", "a digit between right-to-left letters"],
    ["pass🔑word", "pass🔑word", "a code point younger than Unicode 3.2"],
  ])("turns %j into %j: %s", (given, expected) => {
    expect(saslPrep(given)).toBe(expected);
  });
});
