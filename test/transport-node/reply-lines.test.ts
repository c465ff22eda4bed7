import { describe, expect, test } from "vitest";
import { parseReply, ReplyLines } from "../../packages/transport-node/src/nodemailer/reply-lines.ts";

describe("parseReply", () => {
  test.each([
    ["250 OK", { code: 250, text: "OK" }],
    ["250", { code: 250, text: "" }],
    ["550 5.1.1 No such user", { code: 550, enhancedCode: "5.1.1", text: "No such user" }],
    [
      "550-5.1.1 No such user\n550 5.1.1 See help",
      { code: 550, enhancedCode: "5.1.1", text: "No such user\nSee help" },
    ],
    ["250-mail.test\n250 SIZE 1", { code: 250, text: "mail.test\nSIZE 1" }],
    ["354 10.0.0.1 speaking", { code: 354, text: "10.0.0.1 speaking" }],
  ])("reads %j", (text, reply) => {
    expect(parseReply(text)).toEqual(reply);
  });

  test.each(["", "OK", "25 OK", "2500 OK", "150 Wait", "650 What", "250-a\n550 b", "HTTP/1.1 400 Bad"])(
    "takes %j for no reply",
    (text) => {
      expect(parseReply(text)).toBeUndefined();
    },
  );
});

describe("ReplyLines", () => {
  const SAID = "220-mail.test\r\n220 ready\r\n250 Grüße\r\n";

  test.each([1, 3, 7, 100])("cuts the same replies out of chunks of %i octets", (size) => {
    const replies = new ReplyLines();
    const bytes = Buffer.from(SAID);
    const heard: string[] = [];
    for (let at = 0; at < bytes.length; at += size) heard.push(...replies.take(bytes.subarray(at, at + size)));
    expect(heard).toEqual(["220-mail.test\n220 ready", "250 Grüße"]);
    expect(replies.isPartial).toBe(false);
  });

  test.each(["\r\n", "SSH-2.0", "\x15\x03\x01", "HT"])(
    "waits for nothing more of %j, which begins no reply",
    (said) => {
      const [heard = "nothing"] = new ReplyLines().take(Buffer.from(said));
      expect(parseReply(heard)).toBeUndefined();
    },
  );

  test("knows that a reply has begun", () => {
    const replies = new ReplyLines();
    expect(replies.take(Buffer.from("250-mail"))).toEqual([]);
    expect(replies.isPartial).toBe(true);
    expect(replies.take(Buffer.from("\r\n"))).toEqual([]);
    expect(replies.isPartial).toBe(true);
  });

  test("lets nothing through that moves a cursor", () => {
    expect(new ReplyLines().take(Buffer.from("550 \u001b[2J\u0007No\r\n"))).toEqual(["550  [2J No"]);
  });
});
