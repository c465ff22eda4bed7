import { describe, expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { House } from "./house.ts";

/** Name, what is sent, expected status, code and pointers: all of them, in any order. */
type Case = readonly [name: string, body: unknown, status: number, code: string, pointers: readonly string[]];

const PDF = { filename: "a.pdf", content: "JVBERg==", encoding: "base64" };
const INLINE = { host: "mail.example.org" };

const BODIES: readonly Case[] = [
  ["nothing at all", "", 400, "malformed-body", []],
  ["no JSON", "to=b@example.com", 400, "malformed-body", []],
  ["JSON that ends early", '{"to":', 400, "malformed-body", []],
  ["JSON with a comment", "{/* hi */}", 400, "malformed-body", []],
  ["a hundred arrays", "[".repeat(100) + "]".repeat(100), 400, "malformed-body", []],
  ["a hundred thousand objects", '{"a":'.repeat(100_000), 400, "malformed-body", []],
  ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), 400, "malformed-body", []],
  ["null", "null", 422, "invalid-message", [""]],
  ["an array", "[]", 422, "invalid-message", [""]],
  ["a string", '"hello"', 422, "invalid-message", [""]],
];

const CONNECTIONS: readonly Case[] = [
  ["no connection", { ...MESSAGE, connection: undefined }, 422, "invalid-connection", ["/connection"]],
  ["a number", { ...MESSAGE, connection: 1 }, 422, "invalid-connection", ["/connection"]],
  ["null", { ...MESSAGE, connection: null }, 422, "invalid-connection", ["/connection"]],
  ["an unknown name", { ...MESSAGE, connection: "other" }, 404, "connection-not-found", ["/connection"]],
  [
    "a name that every object has",
    { ...MESSAGE, connection: "constructor" },
    404,
    "connection-not-found",
    ["/connection"],
  ],
  [
    "a URL where a name belongs",
    { ...MESSAGE, connection: "smtp://a:b@c" },
    404,
    "connection-not-found",
    ["/connection"],
  ],
  ["no host", { ...MESSAGE, connection: {} }, 422, "invalid-connection", ["/connection/host"]],
  ["a host that is none", { ...MESSAGE, connection: { host: "a b" } }, 422, "invalid-connection", ["/connection/host"]],
  ["port 25", { ...MESSAGE, connection: { ...INLINE, port: 25 } }, 422, "invalid-connection", ["/connection/port"]],
  ["port 0", { ...MESSAGE, connection: { ...INLINE, port: 0 } }, 422, "invalid-connection", ["/connection/port"]],
  [
    "a port in words",
    { ...MESSAGE, connection: { ...INLINE, port: "smtp" } },
    422,
    "invalid-connection",
    ["/connection/port"],
  ],
  [
    "STARTTLS on 465",
    { ...MESSAGE, connection: { ...INLINE, port: 465, security: "starttls" } },
    422,
    "invalid-connection",
    ["/connection/security"],
  ],
  [
    "a security nobody knows",
    { ...MESSAGE, connection: { ...INLINE, security: "ssl" } },
    422,
    "invalid-connection",
    ["/connection/security"],
  ],
  [
    "a user without password",
    { ...MESSAGE, connection: { ...INLINE, auth: { username: "u" } } },
    422,
    "invalid-connection",
    ["/connection/auth/password"],
  ],
  [
    "credentials in clear text",
    { ...MESSAGE, connection: { ...INLINE, security: "none", auth: { username: "u", password: "canary" } } },
    422,
    "invalid-connection",
    ["/connection/auth"],
  ],
  [
    "a field nobody reads",
    { ...MESSAGE, connection: { ...INLINE, password: "canary" } },
    422,
    "invalid-connection",
    ["/connection/password"],
  ],
];

const MESSAGES: readonly Case[] = [
  ["no sender", { ...MESSAGE, from: undefined }, 422, "invalid-message", ["/from"]],
  ["no recipient", { ...MESSAGE, to: undefined }, 422, "invalid-message", ["/to"]],
  ["an empty list of recipients", { ...MESSAGE, to: [] }, 422, "invalid-message", ["/to"]],
  ["an address that is none", { ...MESSAGE, to: "nobody" }, 422, "invalid-message", ["/to"]],
  [
    "the third address",
    { ...MESSAGE, to: ["a@example.com", "b@example.com", "c@"] },
    422,
    "invalid-message",
    ["/to/2"],
  ],
  ["an address object without address", { ...MESSAGE, to: [{ name: "B" }] }, 422, "invalid-message", ["/to/0/address"]],
  ["a number for an address", { ...MESSAGE, to: 1 }, 422, "invalid-message", ["/to"]],
  [
    "a line break in an address",
    { ...MESSAGE, to: "b@example.com\r\nRCPT TO:<c@example.com>" },
    422,
    "invalid-message",
    ["/to"],
  ],
  [
    "a line break in a name",
    { ...MESSAGE, to: { name: "B\r\nBcc: c@example.com", address: "b@example.com" } },
    422,
    "invalid-message",
    ["/to/name"],
  ],
  [
    "a line break in the subject",
    { ...MESSAGE, subject: "Hi\r\nBcc: c@example.com" },
    422,
    "invalid-message",
    ["/subject"],
  ],
  ["a NUL in the subject", { ...MESSAGE, subject: "Hi\0" }, 422, "invalid-message", ["/subject"]],
  ["a subject that is a number", { ...MESSAGE, subject: 1 }, 422, "invalid-message", ["/subject"]],
  ["a text that is an object", { ...MESSAGE, text: {} }, 422, "invalid-message", ["/text"]],
  ["a field nobody reads", { ...MESSAGE, body: "Hello" }, 422, "invalid-message", ["/body"]],
  [
    "a prototype",
    `${JSON.stringify(MESSAGE).slice(0, -1)},"__proto__":{"bcc":"c@example.com"}}`,
    422,
    "invalid-message",
    ["/__proto__"],
  ],
  [
    "a header with a line break",
    { ...MESSAGE, headers: { "X-A": "1\r\nBcc: c@example.com" } },
    422,
    "invalid-message",
    ["/headers/X-A"],
  ],
  ["a header name that is none", { ...MESSAGE, headers: { "X A": "1" } }, 422, "invalid-message", ["/headers/X A"]],
  [
    "a header that core writes",
    { ...MESSAGE, headers: { Bcc: "c@example.com" } },
    422,
    "invalid-message",
    ["/headers/Bcc"],
  ],
  [
    "an attachment without content",
    { ...MESSAGE, attachments: [{ filename: "a.pdf" }] },
    422,
    "invalid-message",
    ["/attachments/0/content"],
  ],
  [
    "an attachment that is no base64",
    { ...MESSAGE, attachments: [PDF, { ...PDF, content: "not base64!" }] },
    422,
    "invalid-message",
    ["/attachments/1/content"],
  ],
  [
    "an attachment from a file of the server",
    { ...MESSAGE, attachments: [{ path: "/etc/passwd" }] },
    422,
    "invalid-message",
    ["/attachments/0/path"],
  ],
  [
    "an attachment from a URL",
    { ...MESSAGE, attachments: [{ url: "http://169.254.169.254/" }] },
    422,
    "invalid-message",
    ["/attachments/0/url"],
  ],
  [
    "an attachment type with a line break",
    { ...MESSAGE, attachments: [{ ...PDF, contentType: "text/plain\r\nX: y" }] },
    422,
    "invalid-message",
    ["/attachments/0/contentType"],
  ],
  ["a date that is none", { ...MESSAGE, date: "yesterday" }, 422, "invalid-message", ["/date"]],
  ["a priority nobody knows", { ...MESSAGE, priority: "urgent" }, 422, "invalid-message", ["/priority"]],
  ["a Message-ID that is none", { ...MESSAGE, messageId: "a b" }, 422, "invalid-message", ["/messageId"]],
  [
    "an envelope without a valid sender",
    { ...MESSAGE, envelope: { from: "nobody" } },
    422,
    "invalid-message",
    ["/envelope/from"],
  ],
  ["recipients as a list", { ...MESSAGE, recipients: ["b@example.com"] }, 422, "invalid-message", ["/recipients"]],
];

/** Requests to send that cannot be carried out: each is told why, in full, and nothing is connected. */
export function badInputSuite(house: House): void {
  describe.each([
    ["a body that is", BODIES],
    ["a connection that is", CONNECTIONS],
    ["a message with", MESSAGES],
  ])("%s", (_what, cases) => {
    test.each(cases)("%s", async (_name, body, status, code, pointers) => {
      const before = house.smtp.connections;
      const answer = await house.entry.request("POST", "/v1/messages", body);
      const errors: { pointer: string; detail: string }[] = answer.body.errors ?? [];

      expect({ status: answer.status, code: answer.body.code, type: answer.headers.get("content-type") }).toEqual({
        status,
        code,
        type: "application/problem+json",
      });
      expect(errors.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
      for (const { detail } of errors) expect(detail).not.toBe("");
      expect(house.smtp.connections).toBe(before);
    });
  });

  test("everything that is wrong is named at once", async () => {
    const body = { connection: "main", from: 1, to: 2, subject: 3, attachments: 4, extra: 5 };
    const { errors } = (await house.entry.request("POST", "/v1/messages", body)).body;
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "/attachments",
      "/extra",
      "/from",
      "/subject",
      "/to",
    ]);
  });
}
