import { describe, expect, test } from "vitest";
import { parseContentType } from "../../../packages/core/src/mime/content-type.ts";
import { asciiFallback, parameterizedField } from "../../../packages/core/src/mime/parameter.ts";

const disposition = (filename: string) =>
  parameterizedField("Content-Disposition", "attachment", [["filename", filename]]);

test("a plain value stands as it is, in quotes where it needs them", () => {
  expect(disposition("invoice.pdf")).toBe("Content-Disposition: attachment; filename=invoice.pdf");
  expect(disposition("my invoice; (1).pdf")).toBe('Content-Disposition: attachment; filename="my invoice; (1).pdf"');
  expect(disposition("")).toBe('Content-Disposition: attachment; filename=""');
});

test("a boundary stands as it is, however long it is and whatever it looks like", () => {
  for (const boundary of ["=?utf-8?Q?x?=", "a b", "b".repeat(70)]) {
    const field = parameterizedField("Content-Type", "multipart/mixed", [["boundary", boundary]]);
    expect(field.replace("\r\n", "")).toMatch(/^Content-Type: multipart\/mixed; boundary="?[^*"]+"?$/);
    expect(field).toContain(boundary);
  }
});

describe("what quotes cannot hold for every reader goes by RFC 2231", () => {
  const written = {
    "größe.pdf": "filename*=utf-8''gr%C3%B6%C3%9Fe.pdf",
    'a "b".pdf': "filename*=utf-8''a%20%22b%22.pdf",
    "a\\b.pdf": "filename*=utf-8''a%5Cb.pdf",
    " a": "filename*=utf-8''%20a",
    "a ": "filename*=utf-8''a%20",
    "=?utf-8?Q?a?=.txt": "filename*=utf-8''%3D%3Futf-8%3FQ%3Fa%3F%3D.txt",
    "100%'*.txt\u0301": "filename*=utf-8''100%25%27%2A.txt%CC%81",
    "a\tb": "filename*=utf-8''a%09b",
  };
  for (const [filename, expected] of Object.entries(written)) {
    test(JSON.stringify(filename), () => {
      expect(disposition(filename).replace("\r\n", "")).toBe(`Content-Disposition: attachment; ${expected}`);
    });
  }
});

test("a long value is continued, cut only between characters", () => {
  for (let before = 0; before < 12; before++) {
    const filename = `${"x".repeat(before)}${"😀 é".repeat(30)}.pdf`;
    const lines = disposition(filename).split("\r\n");
    const segments = lines.slice(1).map((line) => /^ filename\*(\d+)\*=(?:utf-8'')?(.*?);?$/.exec(line) ?? []);
    expect(segments.map(([, number]) => Number(number))).toEqual([...segments.keys()]);
    // Each alone: a cut triplet or character would throw.
    expect(segments.map(([, , text = ""]) => decodeURIComponent(text)).join("")).toBe(filename);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(76);
  }
});

test("a line break is refused before it can be encoded", () => {
  expect(() => disposition("a\r\nBcc: eve@example.com.pdf")).toThrow(
    expect.objectContaining({ code: "invalid-message" }),
  );
});

describe("the fallback for readers that know no RFC 2231", () => {
  test("is what ASCII can say", () => {
    expect(asciiFallback("résumé – 履歴書.pdf")).toBe("resume _ ___.pdf");
    expect(asciiFallback('a "b" \\ =?c')).toBe("a _b_ _ _?c");
  });

  test("has no path, though NFKD makes a slash of a fullwidth one, and a dot of a leader", () => {
    expect(asciiFallback("..／..／etc／passwd")).toBe(".._.._etc_passwd");
    expect(asciiFallback("․․")).toBe("_");
  });

  test("is short enough for a line and keeps its extension", () => {
    expect(asciiFallback(`${"a".repeat(300)}.pdf`)).toBe(`${"a".repeat(56)}.pdf`);
  });
});

describe("a media type is taken apart", () => {
  test("with its parameters", () => {
    expect(parseContentType('Text/Calendar; Method=REQUEST;charset="utf-8" ; x="a\\"b;c"')).toEqual({
      type: "text/calendar",
      parameters: [
        ["method", "REQUEST"],
        ["charset", "utf-8"],
        ["x", 'a"b;c'],
      ],
    });
  });

  test("or refused", () => {
    for (const text of [
      "",
      "text",
      "text/",
      "text/plain; x",
      "text/plain; x=a b",
      "text/plain\r\nBcc: a",
      'text/plain; x="a',
    ]) {
      expect(() => parseContentType(text), text).toThrow(expect.objectContaining({ code: "invalid-message" }));
    }
  });
});
