import { expect, test } from "vitest";
import { NO_CAPABILITIES, parseCapabilities } from "../../../packages/core/src/smtp/capabilities.ts";

const parse = (...lines: string[]) =>
  parseCapabilities({ code: 250, text: ["mail.example greets you", ...lines].join("\n") });

test("reads what a server offers, in any case", () => {
  expect(
    parse(
      "PIPELINING",
      "size 52428800",
      "STARTTLS",
      "AUTH PLAIN login",
      "EnhancedStatusCodes",
      "8BITMIME",
      "DSN",
      "SMTPUTF8",
      "CHUNKING",
      "BINARYMIME",
      "REQUIRETLS",
    ),
  ).toEqual({
    pipelining: true,
    chunking: true,
    binaryMime: true,
    eightBitMime: true,
    smtpUtf8: true,
    dsn: true,
    requireTls: true,
    startTls: true,
    size: true,
    maxSize: 52_428_800,
    auth: ["PLAIN", "LOGIN"],
    keywords: {
      PIPELINING: "",
      SIZE: "52428800",
      STARTTLS: "",
      AUTH: "PLAIN LOGIN",
      ENHANCEDSTATUSCODES: "",
      "8BITMIME": "",
      DSN: "",
      SMTPUTF8: "",
      CHUNKING: "",
      BINARYMIME: "",
      REQUIRETLS: "",
    },
  });
});

test("takes keywords whole, and none from the line of the greeting", () => {
  const capabilities = parseCapabilities({
    code: 250,
    text: "STARTTLS PIPELINING\nXSTARTTLS\nSTARTTLSX\nX PIPELINING",
  });
  expect(capabilities.startTls).toBe(false);
  expect(capabilities.pipelining).toBe(false);
});

test.each([
  ["SIZE", undefined],
  ["SIZE 0", undefined],
  ["SIZE 35882577", 35_882_577],
  ["SIZE -1", undefined],
  ["SIZE 1e9", undefined],
  ["SIZE 99999999999999999999", undefined],
])("%s is offered with the limit %s", (line, maxSize) => {
  expect(parse(line)).toMatchObject({ size: true, maxSize });
});

test("knows the way AUTH was written for older clients", () => {
  expect(parse("AUTH=LOGIN").auth).toEqual(["LOGIN"]);
  expect(parse("AUTH PLAIN", "AUTH=LOGIN").auth).toEqual(["PLAIN", "LOGIN"]);
});

test("a keyword is only a keyword", () => {
  expect(Object.entries(parse("__proto__ evil", "constructor").keywords)).toEqual([
    ["__PROTO__", "EVIL"],
    ["CONSTRUCTOR", ""],
  ]);
});

test("after HELO there is nothing", () => {
  expect(Object.values(NO_CAPABILITIES).some((value) => value === true)).toBe(false);
  expect(NO_CAPABILITIES.auth).toEqual([]);
});
