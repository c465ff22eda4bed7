import { describe, expect, test } from "vitest";
import { formatReply, joinReply, parseReplyLine } from "../../../packages/core/src/smtp/reply.ts";

const parse = (line: string) => parseReplyLine(new TextEncoder().encode(line));

describe("parseReplyLine", () => {
  test.each([
    ["250 OK\r", { code: 250, last: true, text: "OK" }],
    ["250-SIZE 1000\r", { code: 250, last: false, text: "SIZE 1000" }],
    ["250 bare line feed", { code: 250, last: true, text: "bare line feed" }],
    ["354\r", { code: 354, last: true, text: "" }],
    ["250 \r", { code: 250, last: true, text: "" }],
    ["550-", { code: 550, last: false, text: "" }],
    ["250 Grüße", { code: 250, last: true, text: "Grüße" }],
    ["250  two", { code: 250, last: true, text: " two" }],
  ])("reads %j", (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  test.each([
    "",
    "\r",
    "25",
    "25 OK",
    "2500 OK",
    "250OK",
    "250_OK",
    "150 no such class",
    "650 no",
    "-50 no",
    "2x0 no",
    "25x no",
    "+OK",
    "* OK",
    "SSH-2.0",
  ])("refuses %j", (line) => {
    expect(parse(line)).toBeUndefined();
  });

  test("lets nothing through that moves a cursor or breaks a line of a log", () => {
    expect(parse("550 a\u0007b\u001b[2Jc\rd\u0000e\u009bf\r")?.text).toBe("a b [2Jc d e f");
  });

  test("replaces what is not UTF-8", () => {
    expect(parseReplyLine(Uint8Array.of(50, 53, 48, 32, 0xff, 65))?.text).toBe("\ufffdA");
  });
});

describe("joinReply", () => {
  const join = (...texts: string[]) =>
    joinReply(texts.map((text, index) => ({ code: 550, last: index === texts.length - 1, text })));

  test("takes the enhanced code out of the text of every line", () => {
    expect(join("5.1.1 No such user", "5.1.1 here")).toEqual({
      code: 550,
      enhancedCode: "5.1.1",
      text: "No such user\nhere",
    });
  });

  test.each([
    ["5.7.26 Long detail", "5.7.26"],
    ["4.4.2", "4.4.2"],
    ["2.0.0 Ok", "2.0.0"],
  ])("finds the code in %j", (text, enhancedCode) => {
    expect(join(text).enhancedCode).toBe(enhancedCode);
  });

  test.each([
    "No code",
    "5.1 two",
    "3.1.1 no such class",
    "5.1.1x glued",
    "5.1.1234 long",
    "5..1 hole",
    "10.0.0.1 address",
    "",
  ])("finds none in %j", (text) => {
    expect(join(text)).toEqual({ code: 550, text });
  });
});

test("a reply for humans is one line", () => {
  expect(formatReply({ code: 550, enhancedCode: "5.1.1", text: "No such\nuser" })).toBe("550 5.1.1 No such user");
  expect(formatReply({ code: 250, text: "OK" })).toBe("250 OK");
  expect(formatReply({ code: 550, text: "x".repeat(450_000) })).toBe(`550 ${"x".repeat(1_000)}…`);
});
