import db from "mime-db/db.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { checkMediaType, mediaTypeOf } from "../../../packages/core/src/message/media-type.ts";
import { MEDIA_TYPES } from "../../../packages/core/src/message/media-type-table.ts";

const DATABASE: Readonly<Record<string, { source?: string; compressible?: boolean; extensions?: readonly string[] }>> =
  db;

/** Where the database is behind the registry. */
const NEWER: Readonly<Record<string, string>> = {
  yaml: "RFC 9512",
  yml: "RFC 9512",
  flac: "RFC 9639",
  vcf: "RFC 6350",
  tgz: "a gzip file like any other",
};

describe("the table of extensions", () => {
  it.each(Object.entries(MEDIA_TYPES))(
    "says of .%s what the database collected from the registries says: %s",
    (extension, type) => {
      if (!Object.hasOwn(NEWER, extension)) expect(DATABASE[type]?.extensions).toContain(extension);
    },
  );

  it("knows capitals and the last extension, and nothing it was not told", () => {
    expect(mediaTypeOf("A.B.PNG")).toBe("image/png");
    for (const name of [undefined, "", "png", "a.", "a.unheard", "a.constructor", "a.__proto__", "a.png "]) {
      expect(mediaTypeOf(name)).toBe("application/octet-stream");
    }
  });
});

describe("a media type", () => {
  it.each([
    ["text/plain", "text/plain"],
    ["IMAGE/SVG+xml", "image/svg+xml"],
    ['Text/X; a=b ;\tc="d; \\"e"', 'text/x; a=b ;\tc="d; \\"e"'],
    ["multipart/mixed; boundary=x", "multipart/mixed; boundary=x"],
    [
      `multipart/mixed; boundary="${"=?'()+_,-./:".repeat(5)}"`,
      `multipart/mixed; boundary="${"=?'()+_,-./:".repeat(5)}"`,
    ],
  ])("%j is taken", (written, type) => {
    expect(checkMediaType(written)).toEqual({ type });
  });

  it("of text is utf-8, and a parameter is not looked for inside of another", () => {
    const text = "Grüße";
    expect(checkMediaType('text/plain; a="; charset=utf-8"', text)).toEqual({
      type: 'text/plain; a="; charset=utf-8"; charset=utf-8',
    });
    expect(checkMediaType('text/plain; a="; charset=utf-8"; charset=latin1', text)).toHaveProperty("fault");
  });

  it.each([
    [""],
    ["text"],
    ["text/"],
    ["/plain"],
    ["text/plain;"],
    ["text/plain; a"],
    ["text/plain; a="],
    ["text/plain; a=b c"],
    ['text/plain; a="b'],
    ['text/plain; a="ä"'],
    // Nobody could tell its parts apart.
    ["multipart/mixed"],
    ["text/plain, text/html"],
    // Readers disagree on which of them counts.
    ["text/plain; a=b; A=c"],
    ['text/plain; a="; b=c"; b=d; b=e'],
    ["text/plain\r\n"],
    ["text/plain\0"],
    [" text/plain"],
    ["täxt/plain"],
    [`text/plain; a=${"b".repeat(1000)}`],
  ])("%j is refused", (written) => {
    expect(checkMediaType(written)).toHaveProperty("fault");
  });
});
