import type { Message } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { anAttachment, latin1, mailOf, sourceOf } from "../../support/message.ts";

const inline = anAttachment({
  filename: "logo.png",
  contentType: "image/png",
  disposition: "inline",
  contentId: "logo",
});
const calendar = { method: "REQUEST", content: "BEGIN:VCALENDAR\r\n" };

/** The structure as indented media types. */
async function structureOf(fields: Partial<Message>): Promise<string[]> {
  const source = await sourceOf(fields);
  const boundaries = [...source.matchAll(/boundary="([^"]+)"/g)].map(([, boundary]) => boundary);
  let depth = 0;
  const lines: string[] = [];
  for (const line of source.split("\r\n")) {
    const type = /^Content-Type: ([^;]+)/.exec(line)?.[1];
    if (type !== undefined) {
      lines.push(`${"  ".repeat(depth)}${type}`);
      if (type.startsWith("multipart/")) depth++;
    }
    if (boundaries.some((boundary) => line === `--${boundary}--`)) depth--;
  }
  return lines;
}

describe("only the levels that are needed", () => {
  const structures: Record<string, [Partial<Message>, string[]]> = {
    nothing: [{}, ["text/plain"]],
    text: [{ text: "a" }, ["text/plain"]],
    HTML: [{ html: "a" }, ["text/html"]],
    "text and HTML": [{ text: "a", html: "b" }, ["multipart/alternative", "  text/plain", "  text/html"]],
    "every form of a text": [
      {
        text: "a",
        html: "b",
        amp: "c",
        calendar,
        alternatives: [{ contentType: "text/markdown", content: "d", headers: [] }],
      },
      [
        "multipart/alternative",
        "  text/plain",
        "  text/x-amp-html",
        "  text/html",
        "  text/calendar",
        "  text/markdown",
      ],
    ],
    "an inline image": [{ html: "a", attachments: [inline] }, ["multipart/related", "  text/html", "  image/png"]],
    everything: [
      { text: "a", html: "b", attachments: [anAttachment(), inline] },
      [
        "multipart/mixed",
        "  multipart/related",
        "    multipart/alternative",
        "      text/plain",
        "      text/html",
        "    image/png",
        "  application/pdf",
      ],
    ],
    "text and an attachment": [
      { text: "a", attachments: [anAttachment()] },
      ["multipart/mixed", "  text/plain", "  application/pdf"],
    ],
    "an attachment alone": [{ attachments: [anAttachment()] }, ["application/pdf"]],
    "attachments alone": [
      { attachments: [anAttachment(), anAttachment()] },
      ["multipart/mixed", "  application/pdf", "  application/pdf"],
    ],
    "an inline image without HTML": [
      { text: "a", attachments: [inline] },
      ["multipart/mixed", "  text/plain", "  image/png"],
    ],
    "an inline part nothing can refer to": [
      { html: "a", attachments: [anAttachment({ disposition: "inline" })] },
      ["multipart/mixed", "  text/html", "  application/pdf"],
    ],
  };
  for (const [name, [fields, expected]] of Object.entries(structures)) {
    test(name, async () => expect(await structureOf(fields)).toEqual(expected));
  }
});

test("an image that no HTML shows is an attachment, so that readers do not hide it", async () => {
  expect(await sourceOf({ attachments: [inline] })).toContain("Content-Disposition: attachment; filename=logo.png");
  expect(await sourceOf({ html: "a", attachments: [inline] })).toContain(
    "Content-Disposition: inline; filename=logo.png",
  );
});

test("related names the type of its root", async () => {
  expect(await sourceOf({ html: "a", attachments: [inline] })).toContain('multipart/related; type="text/html";');
  expect(await sourceOf({ text: "a", html: "a", attachments: [inline] })).toContain(
    'multipart/related; type="multipart/alternative";',
  );
});

test("a calendar carries its method", async () => {
  expect(await sourceOf({ calendar })).toContain("Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n");
});

test("text is UTF-8, whatever was said", async () => {
  const alternatives = [{ contentType: "text/markdown; charset=latin1; variant=GFM", content: "ü", headers: [] }];
  expect(await sourceOf({ alternatives })).toContain("Content-Type: text/markdown; charset=utf-8; variant=GFM\r\n");
});

test("a name in the content type gives way to the file's", async () => {
  const attachment = anAttachment({ filename: "ä.pdf", contentType: "application/pdf; name=other.pdf; x=y" });
  expect(await sourceOf({ attachments: [attachment] })).toContain("Content-Type: application/pdf; x=y; name=a.pdf\r\n");
});

test("a part may have header fields of its own", async () => {
  const headers = [{ name: "Content-Description", value: "Grüße" }];
  expect(await sourceOf({ attachments: [anAttachment({ headers })] })).toContain(
    "Content-Description: =?utf-8?B?R3LDvMOfZQ==?=\r\n",
  );
});

describe("an attached message", () => {
  const attached = (text: string) => ({
    text: "see below",
    attachments: [
      anAttachment({
        filename: "mail.eml",
        contentType: "message/rfc822",
        content: { kind: "bytes", bytes: Buffer.from(text, "latin1") },
      }),
    ],
  });

  test("goes as it is, its line ends repaired", async () => {
    const source = await sourceOf(attached("Subject: x\n\nHi\n"));
    expect(source).toContain(
      "Content-Type: message/rfc822; name=mail.eml\r\nContent-Transfer-Encoding: 7bit\r\n" +
        "Content-Disposition: attachment; filename=mail.eml\r\n\r\nSubject: x\r\n\r\nHi\r\n\r\n--",
    );
  });

  test("with 8 bits needs a server that takes them", async () => {
    const fields = attached("Subject: x\n\nGr\xfc\xdfe\n");
    expect(latin1(await mailOf(fields).bytes("8bit"))).toContain("Content-Transfer-Encoding: 8bit\r\n");
    await expect(mailOf(fields).bytes()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining('"mail.eml"'),
    });
  });

  test("that no server takes is an error", async () => {
    for (const text of [`Subject: x\n\n${"a".repeat(999)}`, "Subject: x\n\n\0"]) {
      await expect(mailOf(attached(text)).bytes("8bit")).rejects.toMatchObject({ code: "unsupported", phase: "body" });
    }
  });

  test("that holds our boundary gets another", async () => {
    const inner = await sourceOf({ text: "a", html: "b" });
    expect(inner).toContain("--=_1_");
    const source = await sourceOf(attached(inner));
    expect(source).toContain('Content-Type: multipart/mixed; boundary="=_2_');
  });

  test("alone is not lengthened", async () => {
    const { attachments } = attached("Subject: x\n\nHi\n");
    expect(await sourceOf({ attachments })).toMatch(/\r\n\r\nSubject: x\r\n\r\nHi\r\n$/);
  });
});

describe("where the server takes binary", () => {
  const bytes = Uint8Array.of(0, 13, 10, 46, 13, 10, 255);
  const attachment = (contentType: string) => anAttachment({ contentType, content: { kind: "bytes", bytes } });
  const sourceIn = async (form: "8bit" | "binary", fields: Partial<Message>) =>
    latin1(await mailOf(fields).bytes(form));

  test("attachments are not encoded, and every level says so", async () => {
    const source = await sourceIn("binary", { text: "ü", attachments: [attachment("image/png")] });
    expect(source.match(/^Content-Transfer-Encoding: .*$/gm)).toEqual([
      "Content-Transfer-Encoding: binary",
      "Content-Transfer-Encoding: 8bit",
      "Content-Transfer-Encoding: binary",
    ]);
    expect(source).toContain(`\r\n\r\n${latin1(bytes)}\r\n--=_1_`);
  });

  test("text is, since its line ends would be taken for ours", async () => {
    const source = await sourceIn("binary", { text: "a", attachments: [attachment("text/csv")] });
    expect(source).toContain("Content-Transfer-Encoding: base64");
  });

  test("an attachment alone is, since its end would be taken for the message's", async () => {
    expect(await sourceIn("binary", { attachments: [attachment("image/png")] })).toMatch(/base64\r\n[\s\S]*\r\n$/);
  });

  test("8bit is said of a multipart that has it inside", async () => {
    const source = await sourceIn("8bit", { text: "ü", html: "x", attachments: [anAttachment()] });
    expect(source.match(/^Content-(?:Type: \w+|Transfer-Encoding: .*$)/gm)).toEqual([
      "Content-Type: multipart",
      "Content-Transfer-Encoding: 8bit",
      "Content-Type: multipart",
      "Content-Transfer-Encoding: 8bit",
      "Content-Type: text",
      "Content-Transfer-Encoding: 8bit",
      "Content-Type: text",
      "Content-Transfer-Encoding: 7bit",
      "Content-Type: application",
      "Content-Transfer-Encoding: base64",
    ]);
  });
});

test("every message ends with a line end", async () => {
  for (const fields of [
    {},
    { text: "a" },
    { text: "a\n" },
    { text: "" },
    { text: "ü".repeat(99) },
    { text: "a", html: "b" },
  ]) {
    const source = await sourceOf(fields);
    expect(source).toMatch(/\r\n$/);
  }
  expect(await sourceOf({ text: "a\n" })).toBe(await sourceOf({ text: "a" }));
});
