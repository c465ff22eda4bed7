import { describe, expect, test } from "vitest";
import { MESSAGE } from "../endpoint.ts";
import type { House } from "./house.ts";

const BREAKS: readonly (readonly [name: string, text: string])[] = [
  ["CR LF", "\r\n"],
  ["LF", "\n"],
  ["CR", "\r"],
  ["NUL", "\0"],
];

/** A field of a message that holds a text of the caller's. */
const FIELDS: readonly (readonly [name: string, fill: (text: string) => object])[] = [
  ["from", (text) => ({ from: `a${text}@example.com` })],
  ["the name of from", (text) => ({ from: { name: `A${text}`, address: "a@example.com" } })],
  ["sender", (text) => ({ sender: `a@example.com${text}` })],
  ["replyTo", (text) => ({ replyTo: { name: text, address: "a@example.com" } })],
  ["to", (text) => ({ to: `b@example.com>${text}` })],
  ["cc", (text) => ({ cc: { name: text, address: "b@example.com" } })],
  ["bcc", (text) => ({ bcc: [`b@example.com${text}`] })],
  ["the envelope's sender", (text) => ({ envelope: { from: `a@example.com${text}` } })],
  ["the envelope's recipient", (text) => ({ envelope: { to: `b@example.com${text}` } })],
  ["subject", (text) => ({ subject: `Hi${text}` })],
  ["messageId", (text) => ({ messageId: `<a${text}@example.com>` })],
  ["inReplyTo", (text) => ({ inReplyTo: `<a@example.com>${text}` })],
  ["references", (text) => ({ references: ["<a@example.com>", `<b@example.com>${text}`] })],
  ["a header", (text) => ({ headers: { "X-A": `1${text}` } })],
  ["the name of a header", (text) => ({ headers: { [`X-A${text}`]: "1" } })],
  ["a header in a list", (text) => ({ headers: [{ name: "X-A", value: `1${text}` }] })],
  ["the type of an attachment", (text) => ({ attachments: [{ content: "x", contentType: `text/plain${text}` }] })],
  ["the Content-ID of an attachment", (text) => ({ attachments: [{ content: "x", contentId: `a${text}@b` }] })],
  ["a header of an attachment", (text) => ({ attachments: [{ content: "x", headers: { "X-A": `1${text}` } }] })],
  ["the method of a calendar", (text) => ({ calendar: { method: `REQUEST${text}`, content: "BEGIN:VCALENDAR" } })],
  ["a URL to unsubscribe", (text) => ({ listUnsubscribe: { url: `https://example.com/${text}` } })],
  ["the envelope id of DSN", (text) => ({ dsn: { envelopeId: `a${text}` } })],
];

const EVIL = "Bcc: evil@example.net";

/** Nothing that a caller writes becomes a header, a recipient or a command. */
export function injectionSuite(house: House): void {
  describe.each(BREAKS)("%s", (_name, lineBreak) => {
    test.each(FIELDS)("in %s is refused", async (_field, fill) => {
      const before = house.smtp.received.length;
      const message = { ...MESSAGE, ...fill(`${lineBreak}${EVIL}`) };
      const answer = await house.entry.request("POST", "/v1/messages", message);
      expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 422, body: { code: "invalid-message" } });
      expect(house.smtp.received).toHaveLength(before);
    });
  });

  // U+010D and U+010A lose their upper octet, where somebody takes characters for octets, and become CR and LF.
  test.each([
    ["characters that end in CR and LF", "\u010d\u010a"],
    ["characters that end in CR and LF, of CVE-2025-7962", "\u760d\u760a"],
    ["separators of lines and paragraphs", "\u2028\u2029"],
    ["a next line", "\u0085"],
    ["a vertical tab", "\u000b"],
    ["half of a pair", "\ud83d"],
    ["an encoded word", "=?utf-8?Q?=0D=0ABcc:_evil=40example.net?="],
  ])("%s in a subject, a name and a file name stay there", async (_name, text) => {
    const message = {
      ...MESSAGE,
      to: { name: `B${text}${EVIL}`, address: "b@example.com" },
      subject: `Hi${text}${EVIL}`,
      attachments: [{ filename: `a${text}${EVIL}.txt`, content: "x" }],
    };
    const before = house.smtp.received.length;
    const answer = await house.entry.request("POST", "/v1/messages", message);
    if (answer.status === 422) return expect(answer.body.code).toBe("invalid-message");
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const arrived = house.smtp.received[before];
    expect(arrived?.envelope.to).toEqual(["b@example.com"]);
    expect(arrived?.text).not.toMatch(/^Bcc:/im);
  });

  test.each([
    ["a key twice, of which the last counts", '"subject":"one","subject":"two"', 200],
    ["a prototype", '"__proto__":{"bcc":"evil@example.net"}', 422],
    ["a constructor", '"constructor":{"prototype":{"bcc":"evil@example.net"}}', 422],
    ["a number that is none", '"priority":1e999', 422],
    ["an escaped key", '"\\u0062cc":"c@example.com"', 200],
    ["half of a pair, escaped", '"subject":"\\ud83d"', 200],
  ])("JSON with %s", async (_name, fields, status) => {
    const before = house.smtp.received.length;
    const body = `${JSON.stringify(MESSAGE).slice(0, -1)},${fields}}`;
    const answer = await house.entry.request("POST", "/v1/messages", body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(house.smtp.received.slice(before).flatMap(({ envelope }) => envelope.to)).not.toContain("evil@example.net");
  });
}
