import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../packages/core/src/smtp/limits.ts";
import { ReplyReader } from "../../../packages/core/src/smtp/reply-reader.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Feeds chunks the way a link does: the next when the one before was read. */
function readAll(chunks: readonly string[], limits = DEFAULT_LIMITS) {
  const reader = new ReplyReader(limits);
  const replies = [];
  for (const chunk of chunks) {
    expect(reader.wantsMore).toBe(true);
    reader.push(bytes(chunk));
    for (let reply = reader.take(); reply !== undefined; reply = reader.take()) replies.push(reply);
  }
  return { replies, isEmpty: reader.isEmpty };
}

const DIALOGUE = "220 ready\r\n250-mail.example\r\n250-SIZE 1000\r\n250 PIPELINING\r\n250 2.1.0 OK\r\n354\r\n";
const REPLIES = [
  { code: 220, text: "ready" },
  { code: 250, text: "mail.example\nSIZE 1000\nPIPELINING" },
  { code: 250, enhancedCode: "2.1.0", text: "OK" },
  { code: 354, text: "" },
];

test("reads replies that come in one piece", () => {
  expect(readAll([DIALOGUE])).toEqual({ replies: REPLIES, isEmpty: true });
});

test("reads the same wherever the pieces are cut", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: DIALOGUE.length - 1 })), (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), DIALOGUE.length];
      const pieces = ends.map((end, index) => DIALOGUE.slice(index === 0 ? 0 : ends[index - 1], end));
      expect(readAll(pieces)).toEqual({ replies: REPLIES, isEmpty: true });
    }),
  );
});

test("reads octet by octet", () => {
  expect(readAll([...DIALOGUE])).toEqual({ replies: REPLIES, isEmpty: true });
});

test("is not empty while half a line, half a reply or one reply too many is there", () => {
  expect(readAll(["250 OK\r\n25"]).isEmpty).toBe(false);
  expect(readAll(["250-first\r\n"]).isEmpty).toBe(false);
  const reader = new ReplyReader(DEFAULT_LIMITS);
  reader.push(bytes("250 one\r\n250 two\r\n"));
  reader.take();
  expect(reader.isEmpty).toBe(false);
  expect(reader.wantsMore).toBe(false);
});

describe("what is no reply is found out as soon as it can be", () => {
  test.each([
    ["SSH", "S"],
    ["POP3", "+"],
    ["IMAP", "* OK"],
    ["HTTP", "HTTP/1.1 400"],
    ["a TLS record", "\u0015\u0003\u0001"],
    ["a code that is none", "2x"],
    ["a lower class", "1"],
  ])("%s, without a line end", (_, chunk) => {
    expect(() => readAll([chunk])).toThrow("not an SMTP reply");
  });

  test.each(["\r\n", "250+OK\r\n", "hello\r\n", "250 OK\r\n\r\n"])("%j", (chunk) => {
    expect(() => readAll([chunk])).toThrow("not an SMTP reply");
  });

  test("a code that changes within a reply", () => {
    expect(() => readAll(["250-one\r\n550 two\r\n"])).toThrow("changed the code");
  });
});

describe("limits", () => {
  const limits = { ...DEFAULT_LIMITS, replyLineBytes: 20, replyBytes: 100, replyLines: 5 };

  test("a line may be as long as the limit", () => {
    expect(readAll([`250 ${"x".repeat(15)}\r\n`], limits).replies).toHaveLength(1);
  });

  test.each([
    ["in one piece", [`250 ${"x".repeat(17)}\r\n`]],
    ["without an end", [`250 ${"x".repeat(17)}`]],
    ["octet by octet", [..."250 ", ..."x".repeat(17)]],
  ])("a longer one is not read on, %s", (_, chunks) => {
    expect(() => readAll(chunks, limits)).toThrow("line that does not end");
  });

  test("a reply has no more lines", () => {
    expect(readAll([`${"250-x\r\n".repeat(4)}250 x\r\n`], limits).replies).toHaveLength(1);
    expect(() => readAll(["250-x\r\n".repeat(6)], limits)).toThrow("reply that does not end");
  });

  test("a reply has no more bytes", () => {
    expect(() => readAll([`250-${"x".repeat(15)}\r\n`.repeat(5)], { ...limits, replyLines: 1000 })).toThrow(
      "reply that does not end",
    );
  });

  test("the count begins anew with each reply", () => {
    expect(readAll(["250 x\r\n".repeat(50)], limits).replies).toHaveLength(50);
  });
});
