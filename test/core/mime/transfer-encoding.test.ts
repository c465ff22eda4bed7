import type { BodyForm } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { encodeText } from "../../../packages/core/src/mime/transfer-encoding.ts";

/** The text a reader gets back, by decoders we did not write where there are some. */
function readBack(text: string, form: BodyForm = "7bit"): string {
  const { encoding, content } = encodeText(text, form);
  const bytes = Buffer.from(content);
  if (encoding === "base64") return Buffer.from(bytes.toString("latin1"), "base64").toString();
  return encoding === "quoted-printable" ? decodeQuotedPrintable(bytes.toString("latin1")) : bytes.toString();
}

/** RFC 2045 section 6.7, with white space at the end of a line taken away as a relay would. */
function decodeQuotedPrintable(text: string): string {
  const bytes = text
    .replace(/[\t ]+(?=\r\n|$)/g, "")
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}

/** The lines of the encoded text, one character for each octet. */
function encodedLines(text: string): string[] {
  return Buffer.from(encodeText(text, "7bit").content).toString("latin1").split("\r\n");
}

const encodingOf = (text: string, form: BodyForm = "7bit") => encodeText(text, form).encoding;

describe("plain ASCII travels as it is", () => {
  const texts = ["", "Hello", "Hello\n\nWorld\n", ".\n..\n", "a\tb", "a".repeat(998), "-- \nno".replace(" ", "")];
  for (const text of texts) {
    test(JSON.stringify(text.slice(0, 30)), () => {
      expect(encodingOf(text)).toBe("7bit");
      expect(readBack(text)).toBe(text.replaceAll("\n", "\r\n"));
    });
  }
});

describe("what would not arrive unchanged is quoted", () => {
  const texts = {
    "From at the start": "From here\nto there\nFrom",
    "a space at the end of a line": "trailing \nand more\t\nend ",
    "the delimiter of a signature": "Hi\n-- \nAda",
    "a line of 999": "a".repeat(999),
    "100,000 characters in a line": "a b ".repeat(25_000),
    "NUL and other controls": "nul \0 bell \x07 escape \x1b delete \x7f form feed \f and a good deal of plain text",
    "a line like one of our boundaries": "--=_1_000102030405060708090a0b\nand the rest",
    "some letters outside ASCII": "Grüße aus dem alten Köln am Rhein, und bis bald bei uns",
    "equals signs": 'one <a href="https://example.com/?a=b"> and a letter é',
  };
  for (const [name, text] of Object.entries(texts)) {
    test(name, () => {
      expect(encodingOf(text)).toBe("quoted-printable");
      expect(readBack(text)).toBe(text.replaceAll("\n", "\r\n"));
      for (const line of encodedLines(text)) {
        expect(line.length).toBeLessThanOrEqual(76);
        expect(line).toMatch(/^(?!From |\.|--=_)[\t -~]*(?<![\t ])$/);
      }
    });
  }
});

test("line ends of every kind become CRLF", () => {
  expect(readBack("a\rb\nc\r\nd\r\re\n\nf\n\rg")).toBe("a\r\nb\r\nc\r\nd\r\n\r\ne\r\n\r\nf\r\n\r\ng");
  expect(readBack("ä\rb\nc\r\nd\n\r")).toBe("ä\r\nb\r\nc\r\nd\r\n\r\n");
});

test("mostly foreign letters go as base64, which is shorter", () => {
  const text = "Привет, мир\nкак дела\r";
  expect(encodingOf(text)).toBe("base64");
  expect(readBack(text)).toBe("Привет, мир\r\nкак дела\r\n");
});

test("mostly control characters do, too", () => {
  expect(encodingOf("\0\x1b\x07 ".repeat(30))).toBe("base64");
  expect(encodingOf("\ta\nb\r\n".repeat(30))).toBe("7bit");
});

test("half a surrogate pair is replaced", () => {
  expect(readBack("lone \ud800 and some text around it")).toBe("lone \ufffd and some text around it");
});

test("soft line breaks leave 76 characters at most, at every offset", () => {
  for (let before = 0; before < 80; before++) {
    const text = `${"x".repeat(before)}é =. ${"y".repeat(80)}\n.${"z".repeat(75)} \n${"w".repeat(76)}\n${"v".repeat(77)}é`;
    expect(readBack(text)).toBe(text.replaceAll("\n", "\r\n"));
    for (const line of encodedLines(text)) expect(line.length).toBeLessThanOrEqual(76);
  }
});

test("a line of exactly 76 needs no soft line break", () => {
  expect(encodedLines(`é\n${"w".repeat(76)}\nx`)).toEqual(["=C3=A9", "w".repeat(76), "x"]);
});

describe("where the server takes 8 bits", () => {
  test("text goes as it is", () => {
    expect(encodingOf("Grüße\n", "8bit")).toBe("8bit");
    expect(readBack("Grüße\r", "8bit")).toBe("Grüße\r\n");
    expect(encodingOf("Grüße", "binary")).toBe("8bit");
  });

  test("ASCII stays what it is", () => {
    expect(encodingOf("Hello", "8bit")).toBe("7bit");
  });

  test("what would not arrive is encoded all the same", () => {
    for (const text of ["ü \n", "From ü\nFrom ", "ü\0", `${"ü".repeat(500)}`, "--=_ü"]) {
      expect(["quoted-printable", "base64"], text).toContain(encodingOf(text, "8bit"));
      expect(readBack(text, "8bit")).toBe(text.replaceAll("\n", "\r\n"));
    }
  });

  test("998 octets may stand in a line, not 998 characters", () => {
    expect(encodingOf("ü".repeat(499), "8bit")).toBe("8bit");
    expect(encodingOf(`${"ü".repeat(499)}x`, "8bit")).toBe("base64");
  });
});
