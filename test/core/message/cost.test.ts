/** Ten times the input takes about ten times as long, whatever is in it: nobody can make the door expensive. */
import { isMailError, parseAddressList } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import { inlineDataImages } from "../../../packages/core/src/message/inline-images.ts";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { textFromHtml } from "../../../packages/core/src/message/text-from-html.ts";
import { growthOfTime } from "../../support/growth.ts";
import { CONTEXT, MESSAGE } from "./message.ts";

/** Linear is 10, quadratic 100: far from both. */
const LIMIT = 50;

const refused = (act: () => unknown) => () => {
  try {
    act();
  } catch (error) {
    if (!isMailError(error)) throw error;
  }
};

describe("addresses of any length", () => {
  it.each([
    ["commas", ","],
    ["quotes", '"'],
    ["backslashes", "\\"],
    ["quotes and backslashes", '"\\'],
    ["opening parentheses", "("],
    ["closing parentheses", ")"],
    ["comments", "()"],
    ["angle brackets", "<"],
    ["square brackets", "["],
    ["colons", ":"],
    ["semicolons", ";"],
    ["at signs", "@"],
    ["dots", "."],
    ["groups that begin", "a:"],
    ["groups that end", "a:;"],
    ["words", "a "],
    ["quoted words", '"a" '],
    ["encoded words", "=?q?q?"],
    ["hyphens of a domain", "-"],
    ["routes", "<@a:"],
    ["domains outside ASCII", "ö."],
    ["line breaks", "\r\n"],
  ])("made of %s", (_what, piece) => {
    const act = (size: number) => {
      const text = piece.repeat(size / piece.length);
      return refused(() => parseAddressList([text, `a@${text}`, `${text}a@b.example`, { name: text, address: text }]));
    };
    expect(growthOfTime(act, 20_000)).toBeLessThan(LIMIT);
  });

  it("nested 100,000 deep in parentheses, closed or not", () => {
    const open = "(".repeat(100_000);
    expect(() => parseAddressList(`${open}a@b.example`)).toThrow("comment");
    expect(parseAddressList(`${open}${")".repeat(100_000)}a@b.example`)).toEqual([{ address: "a@b.example" }]);
  });

  it("tell a hundred faults of a field and stop", () => {
    const list = "nobody,".repeat(60_000);
    expect(() => parseAddressList(list)).toThrow(
      expect.objectContaining({ issues: expect.toSatisfy((all) => all.length === 100) }),
    );
  });
});

describe("HTML of any length becomes text", () => {
  it.each([
    ["tags that never end", "<a "],
    ["tags of nothing", "<>"],
    ["attributes without values", "<a x=1 "],
    ["attributes in quotes that never end", '<a x="'],
    ["quotes of both kinds", `<a x="' y='" `],
    ["comments that never end", "<!--"],
    ["scripts that never end", "<script>"],
    ["ends of scripts", "</script"],
    ["lists in lists", "<ul><li>"],
    ["links", '<a href="https://example.com">x</a>'],
    ["links that never end", '<a href="https://example.com">x'],
    ["entities that never end", "&#"],
    ["spaces", "  "],
    ["no-break spaces", "&nbsp;"],
    ["line breaks", "<br>"],
    ["blocks", "<div>"],
  ])("made of %s", (_what, piece) => {
    const act = (size: number) => {
      const html = piece.repeat(size / piece.length);
      return () => textFromHtml(html);
    };
    expect(growthOfTime(act, 50_000)).toBeLessThan(LIMIT);
  });

  it.each([
    ["images", '<img src="data:image/png;base64,AAAA">'],
    ["images that never end", '<img src="data:image/png;base64,AAAA '],
    ["images that never end, in both quotes", `<img src="data:image/png,%'<img src='data:image/png,%"`],
    ["schemes", " src='data:"],
    ["bare values", " src=data:image/png,x"],
  ])("and data: %s become parts", (_what, piece) => {
    const act = (size: number) => {
      const html = piece.repeat(size / piece.length);
      return () => inlineDataImages(html, () => "id", []);
    };
    expect(growthOfTime(act, 50_000)).toBeLessThan(LIMIT);
  });
});

describe("fields of any length", () => {
  it.each<[what: string, message: (text: string) => object, piece: string]>([
    ["a media type of spaces", (text) => ({ attachments: [{ content: "", contentType: `a/b${text}` }] }), " "],
    ["a media type of parameters", (text) => ({ attachments: [{ content: "", contentType: `a/b${text}` }] }), ';a="'],
    ["a content id", (text) => ({ attachments: [{ content: "", contentId: text }] }), "<"],
    ["a file name", (text) => ({ attachments: [{ content: "", filename: text }] }), "/."],
    ["base64", (text) => ({ attachments: [{ content: text, encoding: "base64" }] }), "= \n"],
    ["message ids", (text) => ({ references: text, messageId: text, inReplyTo: [text] }), "<"],
    ["mailto URLs", (text) => ({ listUnsubscribe: { mailto: `mailto:${text} ` } }), "@"],
    ["a subject", (text) => ({ subject: text }), "\ud800"],
    ["a calendar", (text) => ({ calendar: { content: `BEGIN:VCALENDAR ${text}` } }), "METHOD:a "],
    ["a raw header", (text) => ({ from: undefined, to: undefined, raw: `From: a@b.example\n${text}` }), "a:\n \n\r"],
  ])("%s", (_what, fields, piece) => {
    const act = (size: number) => {
      const message = { ...MESSAGE, ...fields(piece.repeat(size / piece.length)) };
      return refused(() => parseMessage(message, CONTEXT));
    };
    expect(growthOfTime(act, 50_000)).toBeLessThan(LIMIT);
  });

  it("unknown fields by the hundred thousand", () => {
    const act = (size: number) => {
      const message = {
        ...MESSAGE,
        ...Object.fromEntries(Array.from({ length: size }, (_, index) => [`subjec${index}`, 1])),
      };
      return refused(() => parseMessage(message, CONTEXT));
    };
    expect(growthOfTime(act, 10_000)).toBeLessThan(LIMIT);
  });
});
