import { describe, expect, test } from "vitest";
import { toAddresses, toText } from "../../../packages/server/src/console/address-text.ts";
import { startForm } from "../../../packages/server/src/console/form.ts";
import { toFields, toMessage } from "../../../packages/server/src/console/message-fields.ts";
import { asCurl, asTypeScript } from "../../../packages/server/src/console/snippets.ts";
import { isTextKey, say } from "../../../packages/server/src/console/texts.ts";

describe("a pasted list of addresses", () => {
  test.each([
    ["a@example.com\nb@example.com\n", "a@example.com, b@example.com"],
    ["a@example.com; b@example.com;", "a@example.com, b@example.com"],
    ["Ada <a@example.com>,\n\nb@example.com,", "Ada <a@example.com>, b@example.com"],
    ["a@example.com\tb@example.com", "a@example.com, b@example.com"],
    ['"Lovelace; Ada" <a@example.com>\nb@example.com', '"Lovelace; Ada" <a@example.com>, b@example.com'],
    ["Friends: a@example.com, b@example.com;", "Friends: a@example.com, b@example.com;"],
    ["", ""],
  ])("%j is %j", (pasted, list) => {
    expect(toAddresses(pasted)).toBe(list);
  });

  test("that came by the API is written as somebody would", () => {
    const addresses = [
      { name: 'Ada "the first"', address: "a@example.com" },
      "b@example.com",
      { email: "c@example.com" },
    ];
    expect(toText(addresses)).toBe('"Ada \\"the first\\"" <a@example.com>, b@example.com, c@example.com');
  });
});

describe("a message", () => {
  test("is the same after it was a form", () => {
    const body = {
      connection: "main",
      from: "a@example.com",
      to: "b@example.com, c@example.com",
      subject: " spaces ",
      text: "\nfirst line empty",
      headers: { "X-Kept": "yes" },
      sendAt: "2030-01-01T00:00:00Z",
      attachments: [{ filename: "a.txt", content: "YQ==", encoding: "base64" }, { url: "https://example.com/b.pdf" }],
    };
    expect(toMessage(toFields(body))).toEqual(body);
  });

  test("keeps a connection that was brought along", () => {
    const body = { connection: { host: "mail.example.com" }, to: "b@example.com" };
    expect(toMessage(toFields(body))).toEqual(body);
  });

  test("leaves out an attachment whose tick was taken away", () => {
    const attachment = [JSON.stringify({ filename: "a" }), JSON.stringify({ filename: "b" })];
    expect(toMessage(startForm({ attachment, keep: ["1"] }))).toEqual({ attachments: [{ filename: "b" }] });
  });

  test("takes no prototype from a form somebody made up", () => {
    const message = toMessage(startForm({ rest: '{"__proto__":{"subject":"evil"}}' }));
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect(message.subject).toBeUndefined();
  });
});

test("code to copy means what the message says, whatever is in it", () => {
  const body = { connection: "main", subject: `'; rm -rf / #$(id)`, text: '"`\\' };
  expect(asCurl({ url: "https://mail.acme.com", body })).toContain(`'\\''; rm -rf / #$(id)`);
  expect(asTypeScript({ url: "https://mail.acme.com", body })).toContain(JSON.stringify(body.subject));
});

test("a text keeps its braces where nothing is put in, and no word of an address is one of the catalogue's", () => {
  expect(say("connection.edit", { name: "{name} $& main" })).toBe("Edit {name} $& main");
  expect(say("connection.edit")).toBe("Edit {name}");
  expect(isTextKey("done.constructor")).toBe(false);
  expect(isTextKey("__proto__")).toBe(false);
});
