import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { CONTEXT, MESSAGE } from "./message.ts";

const PNG = "iVBORw0KGgo=";
const BYTES = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function inline(html: string): ReturnType<typeof parseMessage> {
  let ids = 0;
  const random = (bytes: number) => new Uint8Array(bytes).fill(ids++);
  return parseMessage({ ...MESSAGE, html, inlineDataImages: true }, { ...CONTEXT, random });
}

describe("a data: image in HTML becomes an inline part", () => {
  it("with an id of its own, of the domain of the sender, that HTML refers to", () => {
    const message = inline(
      `<p><img alt="a" src="data:image/png;base64,${PNG}"><img src='data:image/JPEG;base64,${PNG}'></p>`,
    );
    const [first, second] = message.attachments;
    expect(first).toEqual({
      filename: "image-1.png",
      contentType: "image/png",
      disposition: "inline",
      contentId: `${"00".repeat(16)}@example.com`,
      headers: [],
      content: { kind: "bytes", bytes: BYTES },
    });
    expect(second).toMatchObject({
      filename: "image-2.jpg",
      contentType: "image/jpeg",
      contentId: `${"01".repeat(16)}@example.com`,
    });
    expect(message.html).toBe(`<p><img alt="a" src="cid:${first?.contentId}"><img src='cid:${second?.contentId}'></p>`);
  });

  it.each([
    ["without quotes", `<img src=data:image/png;base64,${PNG} alt=x>`, "image/png"],
    ["with spaces around", `<img src = "data:image/png;base64,${PNG}">`, "image/png"],
    ["in capitals", `<IMG SRC="DATA:image/png;base64,${PNG}">`, "image/png"],
    ["with a space before it", `<img src=" data:image/png;base64,${PNG}">`, "image/png"],
    ["in lines", `<img src="data:image/png;base64,${PNG.slice(0, 4)}\r\n ${PNG.slice(4)}">`, "image/png"],
    ["percent-encoded", `<img src="data:image/png;base64,${encodeURIComponent(PNG)}">`, "image/png"],
    ["as text", "<img src=\"data:image/svg+xml;charset=utf-8,%3Csvg xmlns='x'/%3E\">", "image/svg+xml"],
    ["as text with entities", '<img src="data:image/svg+xml,&lt;svg xmlns=&quot;x&quot;/&gt;">', "image/svg+xml"],
  ])("%s", (_how, html, contentType) => {
    const { attachments, html: written } = inline(html);
    expect(attachments.map((one) => one.contentType)).toEqual([contentType]);
    expect(written).toContain(`cid:${attachments[0]?.contentId}`);
    expect(written).not.toMatch(/data:/i);
  });

  it("at most 1000 of them", () => {
    const html = '<img src="data:image/gif,x">'.repeat(1001);
    expect(() => inline(html)).toThrow(
      expect.objectContaining({ issues: [{ path: "html", message: "must not have more than 1000 data: images" }] }),
    );
  });

  it("and stands before what else is attached", () => {
    const input = {
      ...MESSAGE,
      html: `<img src="data:image/png;base64,${PNG}">`,
      inlineDataImages: true,
      attachments: { "a.txt": "x" },
    };
    expect(parseMessage(input, CONTEXT).attachments.map(({ filename }) => filename)).toEqual(["image-1.png", "a.txt"]);
  });
});

describe("HTML is left as it is", () => {
  it.each([
    ["where nobody asked", `<img src="data:image/png;base64,${PNG}">`, false],
    ["with other data", '<iframe src="data:text/html,x">', true],
    ["with data: in text", "<p>data:image/png;base64,AAAA</p>", true],
    ["with data: in links", `<a href="data:image/png;base64,${PNG}">x</a>`, true],
    ["with data: as the end of another name", `<img data-src="data:image/png;base64,${PNG}">`, true],
    ["with images from elsewhere", '<img src="https://a.example/data:x.png">', true],
  ])("%s", (_where, html, inlineDataImages) => {
    const message = parseMessage({ ...MESSAGE, html, inlineDataImages }, CONTEXT);
    expect(message.html).toBe(html);
    expect(message.attachments).toEqual([]);
  });
});
