import type { MessageInput } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import { readByMailparser, readByPostalMime } from "../../support/mail-readers.ts";

// What somebody hostile would type into the fields of a form. Whatever it is, two parsers that we did not write find the
// recipients of the envelope in the header, no others, and the attachment under the name it was given.

const READERS = [readByPostalMime, readByMailparser];
const base = { from: "ada@example.com", subject: "Hello", text: "Hello" };

describe("a display name is nobody's address:", () => {
  it.each([
    "eve@evil.example,",
    "<eve@evil.example>",
    "eve@evil.example <eve@evil.example>",
    'Ada "x" <eve@evil.example>, Bob',
    "Team: eve@evil.example;",
    "x; <eve@evil.example>",
    "(eve@evil.example)",
    "\\",
    '"',
    "=?utf-8?Q?=3Ceve=40evil.example=3E?=",
    "x =?utf-8?B?PGV2ZUBldmlsLmV4YW1wbGU+?= y",
    "ü, <eve@evil.example>;",
    "\u202e<eve@evil.example>",
    "eve@evil.example\x1f",
  ])("%j, alone and in a group", async (name) => {
    const quoted = `"${name.replace(/["\\]/g, "\\$&")}"`;
    for (const to of [{ name, address: "grace@example.com" }, `Team: ${quoted} <grace@example.com>;`]) {
      const mail = await buildMime({ ...base, to });
      expect(mail.envelope.to).toEqual(["grace@example.com"]);
      for (const read of READERS) {
        const found = (await read(await mail.bytes())).addresses.to?.filter(({ address }) => address !== undefined);
        expect(found).toEqual([{ name, address: "grace@example.com" }]);
      }
    }
  });
});

describe("a file name stays one name, and no header:", () => {
  it.each([
    'a";filename=evil.exe;x="',
    "a%22%0d%0aX-Evil: 1.pdf",
    "utf-8''evil.exe",
    "UTF-8'en'x.pdf",
    "a; filename*=utf-8''evil.exe",
    "..／..／etc／passwd",
    "'",
    "*",
    `${"x".repeat(240)}.pdf`,
    "漢".repeat(84),
  ])("%j", async (filename) => {
    const mail = await buildMime({ ...base, to: "grace@example.com", attachments: [{ filename, content: "x" }] });
    const bytes = await mail.bytes();
    for (const read of READERS) expect((await read(bytes)).parts).toMatchObject([{ filename }]);
    expect(new TextDecoder().decode(bytes)).not.toMatch(/^X-Evil|[ "]\.\.\//m);
  });
});

describe("parts stay where they are:", () => {
  const image = { filename: "z.bin", content: Uint8Array.of(0, 255) };
  const attached = (content: string): Partial<MessageInput> => ({
    attachments: [{ filename: "a.eml", contentType: "message/rfc822", content }, image],
  });

  it.each<[story: string, fields: Partial<MessageInput>]>([
    ["behind a text that looks like the end", { text: "--=_1_000102030405060708090a0b--\r\nX", attachments: [image] }],
    ["behind an empty message", attached("")],
    ["behind a message in a message in a multipart", attached(multipart("Content-Type: message/rfc822\n\nA: b\n\nc"))],
    ["behind a message whose multipart has no end", attached(multipart("\nhello").replace("\n--x--", ""))],
    ["behind a message that repeats our boundary", attached("A: b\n\n--=_1_000102030405060708090a0b--\n")],
  ])("%s", async (_story, fields) => {
    const random = (count: number) => Uint8Array.from({ length: count }, (_, index) => index);
    const mail = await buildMime({ ...base, to: "grace@example.com", ...fields }, { random });
    for (const read of READERS) {
      expect((await read(await mail.bytes())).parts.at(-1)).toMatchObject({
        filename: "z.bin",
        content: Buffer.from([0, 255]),
      });
    }
  });

  function multipart(part: string): string {
    return `Content-Type: multipart/mixed; boundary=x\n\n--x\n${part}\n--x--\n`;
  }
});
