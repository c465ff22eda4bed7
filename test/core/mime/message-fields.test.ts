import { expect, test } from "vitest";
import { messageFields } from "../../../packages/core/src/mime/message-fields.ts";
import { aMessage } from "../../support/message.ts";

const namesOf = (fields: readonly string[]) => fields.map((field) => field.slice(0, field.indexOf(":")));

test("the fewest fields, in the order people read them", () => {
  expect(messageFields(aMessage())).toEqual([
    "Date: Wed, 05 Mar 2025 09:30:00 +0000",
    "From: ada@example.com",
    "To: grace@example.com",
    "Subject: Hello",
    "Message-ID: <1@example.com>",
    "MIME-Version: 1.0",
  ]);
});

test("fields without anything in them are left out", () => {
  expect(namesOf(messageFields(aMessage({ to: [], subject: "" })))).toEqual([
    "Date",
    "From",
    "Message-ID",
    "MIME-Version",
  ]);
});

test("all there are, but for blind copies", () => {
  const address = { address: "a@example.com" };
  const fields = messageFields(
    aMessage({
      sender: address,
      replyTo: [address],
      cc: [address],
      bcc: [address],
      inReplyTo: ["<0@example.com>"],
      references: ["<0@example.com>"],
      priority: "low",
      listUnsubscribe: { url: "https://example.com/u", oneClick: true },
      autoSubmitted: "auto-replied",
      headers: [{ name: "X-Custom", value: "1" }],
    }),
  );
  expect(namesOf(fields)).toEqual([
    "Date",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "X-Priority",
    "Importance",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "X-Custom",
  ]);
});

test("a list is left by URL, by mail, or by both", () => {
  const fieldOf = (listUnsubscribe: { url?: string; mailto?: string }) =>
    messageFields(aMessage({ listUnsubscribe: { ...listUnsubscribe, oneClick: false } })).find((field) =>
      /^List-/.test(field),
    );
  const url = "https://example.com/u?a=b,c";
  const mailto = "mailto:u@example.com?subject=leave";
  expect(fieldOf({ url })).toBe(`List-Unsubscribe: <${url}>`);
  expect(fieldOf({ mailto })).toBe(`List-Unsubscribe: <${mailto}>`);
  expect(fieldOf({ url, mailto })).toBe(`List-Unsubscribe: <${url}>,\r\n <${mailto}>`);
});

test("the date is in UTC, with a zone in digits", () => {
  const fields = messageFields(aMessage({ date: new Date("1999-12-31T23:59:59.999-05:00") }));
  expect(fields[0]).toBe("Date: Sat, 01 Jan 2000 04:59:59 +0000");
});
