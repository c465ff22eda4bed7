import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BodyCanonicalizer,
  type CanonicalForm,
  canonicalizeField,
} from "../../../packages/core/src/dkim/canonicalize.ts";

function canonicalize(form: CanonicalForm, ...chunks: string[]): string {
  let canonical = "";
  const canonicalizer = new BodyCanonicalizer(form, (bytes) => {
    canonical += Buffer.from(bytes).toString("latin1");
  });
  for (const chunk of chunks) canonicalizer.write(new Uint8Array(Buffer.from(chunk, "latin1")));
  canonicalizer.end();
  return canonical;
}

describe("header fields", () => {
  it.each([
    ["A: X", "a:X"],
    ["B : Y\t\r\n\tZ  ", "b:Y Z"],
    ["Subject:", "subject:"],
    ["SUBJect:\t  \t", "subject:"],
    ["Subject: a:b : c", "subject:a:b : c"],
    ["To: a@example.com,\r\n b@example.com", "to:a@example.com, b@example.com"],
  ])("are %j relaxed (RFC 6376 sections 3.4.2 and 3.4.5)", (field, expected) => {
    expect(canonicalizeField(field, "relaxed")).toBe(expected);
  });

  it("stay as they are in the simple form", () => {
    expect(canonicalizeField("B : Y\t\r\n\tZ  ", "simple")).toBe("B : Y\t\r\n\tZ  ");
  });
});

/** Body, simple, relaxed. */
const bodies = [
  [" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"],
  ["", "\r\n", ""],
  ["\r\n", "\r\n", ""],
  ["\r\n\r\n\r\n", "\r\n", ""],
  ["  \t\r\n", "  \t\r\n", ""],
  [" \r\n\r\n \r\n", " \r\n\r\n \r\n", ""],
  ["no line end", "no line end\r\n", "no line end\r\n"],
  ["no line end ", "no line end \r\n", "no line end\r\n"],
  ["   ", "   \r\n", ""],
  ["\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n"],
  ["a\r\n\r\n\r\nb\r\n\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"],
  ["a\r\n \r\nb\r\n", "a\r\n \r\nb\r\n", "a\r\n\r\nb\r\n"],
  ["a\t\t b  c\r\n", "a\t\t b  c\r\n", "a b c\r\n"],
  ["a\rb\nc \r", "a\rb\nc \r\r\n", "a\rb\nc \r\r\n"],
  ["a \r\r\n", "a \r\r\n", "a \r\r\n"],
  ["\xe9\xff\r\n", "\xe9\xff\r\n", "\xe9\xff\r\n"],
] as const;

describe.each(bodies)("the body %j", (body, simple, relaxed) => {
  it("in both forms, wherever it is cut", () => {
    for (let first = 0; first <= body.length; first++) {
      for (let second = first; second <= body.length; second++) {
        const chunks = [body.slice(0, first), body.slice(first, second), body.slice(second)];
        expect(canonicalize("simple", ...chunks)).toBe(simple);
        expect(canonicalize("relaxed", ...chunks)).toBe(relaxed);
      }
    }
  });
});

describe("any body", () => {
  const body = fc.array(fc.constantFrom("\r\n", " ", "\t", "a", "b", ".", "\r", "\n"), { maxLength: 40 });

  it("agrees with the rules of RFC 6376 written as regular expressions", () => {
    fc.assert(
      fc.property(body, (pieces) => {
        const whole = pieces.join("");
        expect(canonicalize("simple", ...pieces)).toBe(simpleByRule(whole));
        expect(canonicalize("relaxed", ...pieces)).toBe(relaxedByRule(whole));
      }),
      { numRuns: 2000 },
    );
  });

  it("larger than the buffer comes out whole", () => {
    const line = `${"x".repeat(70)}  \r\n`;
    const long = line.repeat(2000);

    expect(canonicalize("relaxed", long.slice(0, 100_001), long.slice(100_001))).toBe(long.replaceAll("  ", ""));
    expect(canonicalize("simple", long)).toBe(long);
  });

  it("may have a line larger than the buffer", () => {
    const long = `a\r\n${"x".repeat(40_000)} y`;

    expect(canonicalize("relaxed", long)).toBe(`${long}\r\n`);
  });

  it("of nothing but line ends needs no memory and no output", () => {
    expect(canonicalize("relaxed", ...Array.from({ length: 100 }, () => "\r\n".repeat(1000)))).toBe("");
  });
});

/** Section 3.4.3. */
function simpleByRule(body: string): string {
  return `${body.replace(/(\r\n)*$/, "")}\r\n`;
}

/** Section 3.4.4. */
function relaxedByRule(body: string): string {
  const lines = body.split("\r\n").map((line) => line.replace(/[ \t]+$/, "").replace(/[ \t]+/g, " "));
  const text = lines.join("\r\n").replace(/(\r\n)*$/, "");
  return text === "" ? "" : `${text}\r\n`;
}
