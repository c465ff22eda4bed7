import type { MessageInput } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { issuesOf } from "../../support/issues.ts";
import { CONTEXT, deepFreeze, MESSAGE } from "./message.ts";

const ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";

function parse(fields: object): ReturnType<typeof parseMessage> {
  return parseMessage(deepFreeze({ ...MESSAGE, ...fields } as MessageInput), CONTEXT);
}

describe("a plain message", () => {
  it("comes through complete, with its defaults filled in", () => {
    expect(parse({})).toEqual({
      from: [{ address: "ada@example.com" }],
      replyTo: [],
      to: [{ address: "grace@example.com" }],
      cc: [],
      bcc: [],
      envelope: { from: "ada@example.com", to: ["grace@example.com"] },
      needsSmtpUtf8: false,
      subject: "Hello",
      text: "Hello, Grace.",
      alternatives: [],
      attachments: [],
      headers: [],
      messageId: "<abababababababababababababababab@example.com>",
      date: new Date("2026-03-01T12:00:00Z"),
      inReplyTo: [],
      references: [],
      priority: "normal",
      requireTls: false,
    });
  });

  it("leaves out address fields that a form left blank, and knows a blank in a list for a fault", () => {
    expect(parse({ cc: "", bcc: "  ", replyTo: "" })).toMatchObject({ cc: [], bcc: [], replyTo: [] });
    expect(() => parse({ cc: [""] })).toThrow("cc[0]: must be an address");
  });

  it("may say nothing at all", () => {
    const message = parseMessage({ from: "a@b.example", bcc: "c@d.example" }, CONTEXT);
    expect(message.subject).toBe("");
    expect(message).not.toHaveProperty("text");
  });

  it("is refused when a getter of it throws, and what that says stays untold", () => {
    const input = {
      ...MESSAGE,
      get subject(): string {
        throw new Error("a secret");
      },
    };
    const [issue] = issuesOf(() => parseMessage(input, CONTEXT));
    expect(issue).toEqual({ path: "", message: "has a field that cannot be read" });
  });

  it("is read once: getters and proxies cannot change their mind", () => {
    const asked: string[] = [];
    const input = new Proxy({ ...MESSAGE, envelope: { to: "a@b.example" } } as object, {
      get(target, name) {
        asked.push(String(name));
        return Reflect.get(target, name);
      },
    });
    parseMessage(input as MessageInput, CONTEXT);
    expect(asked.filter((name) => name !== "Symbol(Symbol.toStringTag)").sort()).toEqual([
      "envelope",
      "from",
      "subject",
      "text",
      "to",
    ]);
  });

  it("needs no prototype, and listens to none", () => {
    const input = Object.assign(Object.create({ bcc: "eve@evil.example" }), MESSAGE);
    expect(parseMessage(input, CONTEXT).envelope.to).toEqual(["grace@example.com"]);
    expect(parseMessage(Object.assign(Object.create(null), MESSAGE), CONTEXT).subject).toBe("Hello");
  });

  it("treats undefined as left out", () => {
    expect(parse({ cc: undefined, html: undefined, priority: undefined, headers: { "X-A": undefined } })).toEqual(
      parse({}),
    );
  });

  it("has halves of surrogate pairs replaced in all its text", () => {
    const message = parse({
      subject: "a\ud800",
      text: "\udc00b",
      html: "<p>\ud83d\ude00\ud83d</p>",
      to: { name: "Gr\udfffce", address: "grace@example.com" },
      headers: { "X-A": "\ud800" },
      alternatives: [{ contentType: "text/markdown", content: "\ud800" }],
    });
    expect(message).toMatchObject({
      subject: "a\ufffd",
      text: "\ufffdb",
      html: "<p>😀\ufffd</p>",
      to: [{ name: "Gr\ufffdce" }],
      headers: [{ name: "X-A", value: "\ufffd" }],
      alternatives: [{ content: "\ufffd" }],
    });
  });
});

describe("defaults", () => {
  const defaults = { from: "Acme <acme@example.com>", bcc: "archive@example.com", headers: { "X-App": "1" } };
  const { from: _from, ...unsigned } = MESSAGE;

  it("fill in what the message leaves out, the first that has it", () => {
    const message = parseMessage(unsigned, {
      ...CONTEXT,
      defaults: [{ from: undefined }, defaults, { from: "x@y.example", replyTo: "z@y.example" }],
    });
    expect(message).toMatchObject({
      from: [{ name: "Acme", address: "acme@example.com" }],
      replyTo: [{ address: "z@y.example" }],
      envelope: { from: "acme@example.com", to: ["grace@example.com", "archive@example.com"] },
      headers: [{ name: "X-App", value: "1" }],
    });
  });

  it("give way to the message, field by field", () => {
    const message = parseMessage(
      { ...MESSAGE, bcc: [], headers: { "X-Other": "2" } },
      { ...CONTEXT, defaults: [defaults] },
    );
    expect(message.from).toEqual([{ address: "ada@example.com" }]);
    expect(message.envelope.to).toEqual(["grace@example.com"]);
    expect(message.headers).toEqual([{ name: "X-Other", value: "2" }]);
  });
});

describe("the envelope", () => {
  it("names each recipient once, over To, Cc and Bcc", () => {
    const message = parse({
      to: 'Grace <grace@EXAMPLE.com>, Team: grace@example.com, "grace"@example.com;',
      cc: ["Grace@example.com", "ada@münchen.example"],
      bcc: ["grace@example.com", "ada@xn--mnchen-3ya.example"],
    });
    expect(message.envelope.to).toEqual(["grace@example.com", "Grace@example.com", "ada@xn--mnchen-3ya.example"]);
    expect(message.to).toHaveLength(2);
  });

  it("comes from the sender, who may be another than the authors", () => {
    const message = parse({ from: "a@b.example, c@d.example", sender: "Secretary <s@b.example>" });
    expect(message.envelope.from).toBe("s@b.example");
    expect(message.sender).toEqual({ name: "Secretary", address: "s@b.example" });
    expect(message.messageId).toMatch(/@b\.example>$/);
  });

  it("can be overridden on either side", () => {
    expect(parse({ envelope: { from: "bounce@b.example" } }).envelope).toEqual({
      from: "bounce@b.example",
      to: ["grace@example.com"],
    });
    expect(parse({ envelope: { to: ["x@y.example", "x@y.example"] } }).envelope).toEqual({
      from: "ada@example.com",
      to: ["x@y.example"],
    });
  });

  it("can be all there is of recipients, and come from nobody", () => {
    const message = parse({ to: undefined, envelope: { from: "", to: "Grace <grace@example.com>" } });
    expect(message.envelope).toEqual({ from: "", to: ["grace@example.com"] });
    expect(message.messageId).toMatch(/@example\.com>$/);
  });

  it.each([
    ["a recipient", { to: "jörg@example.com" }, true],
    ["a blind recipient", { bcc: "jörg@example.com" }, true],
    ["a reply address", { replyTo: "jörg@example.com" }, true],
    ["the sender", { sender: "jörg@example.com" }, true],
    ["a bounce address", { envelope: { from: "jörg@example.com" } }, true],
    ["a member of a group", { cc: "Team: jörg@example.com;" }, true],
    ["a domain alone", { to: "grace@münchen.example" }, false],
    ["a name alone", { to: "Jörg <grace@example.com>" }, false],
  ])("needs SMTPUTF8 because of %s: see for yourself", (_who, fields, needed) => {
    expect(parse(fields).needsSmtpUtf8).toBe(needed);
  });
});

describe("fields of the header", () => {
  it("take ids with and without brackets, one or many", () => {
    expect(
      parse({
        messageId: "1@b.example",
        inReplyTo: "<2@b.example>",
        references: ["3@b.example <4@b.example>", "<5@b.example><no-domain>"],
      }),
    ).toMatchObject({
      messageId: "<1@b.example>",
      inReplyTo: ["<2@b.example>"],
      references: ["<3@b.example>", "<4@b.example>", "<5@b.example>", "<no-domain>"],
    });
  });

  it("take a Date or its text, and copy it", () => {
    const date = new Date("2020-02-02T02:02:02Z");
    const parsed = parse({ date }).date;
    expect(parsed).toEqual(date);
    expect(parsed).not.toBe(date);
    expect(parse({ date: "Sun, 02 Feb 2020 02:02:02 +0000" }).date).toEqual(date);
  });

  it("take others as a record, a map or lists, in order", () => {
    const headers = [
      { name: "X-A", value: "1" },
      { name: "X-A", value: "2" },
      { name: "x-a", value: "3" },
    ];
    expect(parse({ headers: { "X-A": ["1", "2"], "x-a": "3" } }).headers).toEqual(headers);
    expect(
      parse({
        headers: new Map<string, string | string[]>([
          ["X-A", ["1", "2"]],
          ["x-a", "3"],
        ]),
      }).headers,
    ).toEqual(headers);
  });

  it("take a map with a key that is special elsewhere", () => {
    expect(parse({ headers: new Map([["__proto__", "x"]]) }).headers).toEqual([{ name: "__proto__", value: "x" }]);
  });

  it.each([
    ["an address", "list-off@b.example", "mailto:list-off@b.example"],
    ["an address with what is special in a URL", '"a b?"@c.example', "mailto:%22a%20b%3F%22@c.example"],
    ["a mailto URL", "mailto:off@b.example?subject=off", "mailto:off@b.example?subject=off"],
  ])("take %s to unsubscribe", (_what, mailto, written) => {
    expect(parse({ listUnsubscribe: { mailto } }).listUnsubscribe).toEqual({ mailto: written, oneClick: false });
  });

  it("take a URL to unsubscribe with one click, written as URLs are", () => {
    const listUnsubscribe = { url: "https://münchen.example/off?x=<1>", oneClick: true };
    expect(parse({ listUnsubscribe }).listUnsubscribe).toEqual({
      url: "https://xn--mnchen-3ya.example/off?x=%3C1%3E",
      oneClick: true,
    });
  });

  it("take the host name given for the Message-ID", () => {
    expect(parseMessage(MESSAGE, { ...CONTEXT, hostname: "mail.acme.example" }).messageId).toMatch(
      /@mail\.acme\.example>$/,
    );
  });
});

describe("delivery", () => {
  it("asks for notifications, each event once and in order", () => {
    const dsn = {
      notify: ["delay", "success", "delay"],
      return: "headers",
      envelopeId: "order 7+=",
      originalRecipient: false,
    };
    expect(parse({ dsn }).dsn).toEqual({ ...dsn, notify: ["success", "delay"] });
    expect(parse({ dsn: { notify: "never" } }).dsn).toEqual({ notify: "never", originalRecipient: true });
    expect(parse({ dsn: {} }).dsn).toEqual({ originalRecipient: true });
  });

  it("asks for TLS all the way", () => {
    expect(parse({ requireTls: true }).requireTls).toBe(true);
  });
});

describe("bodies", () => {
  it("keep their line ends and NUL for the builder", () => {
    expect(parse({ text: "a\nb\rc\r\n\0" }).text).toBe("a\nb\rc\r\n\0");
  });

  it("are an empty text where that was given", () => {
    expect(parse({ text: "" }).text).toBe("");
  });

  it("are made of HTML on request, where there is no text", () => {
    const html = "<p>Hello, <b>Grace</b>.</p>";
    expect(parse({ text: undefined, html, textFromHtml: true }).text).toBe("Hello, Grace.");
    expect(parse({ text: "Own words", html, textFromHtml: true }).text).toBe("Own words");
    expect(parse({ text: undefined, html: "<img src='x.png'>", textFromHtml: true })).not.toHaveProperty("text");
  });

  it("invite, with the method the calendar names", () => {
    expect(parse({ calendar: { content: ICS } }).calendar).toEqual({ method: "REQUEST", content: ICS });
    expect(parse({ calendar: { content: ICS, method: "request" } }).calendar?.method).toBe("REQUEST");
    const withParameter = ICS.replace("METHOD:", "METHOD;X-FROM=crm:");
    expect(parse({ calendar: { content: withParameter } }).calendar?.method).toBe("REQUEST");
    expect(parse({ calendar: { content: "BEGIN:VCALENDAR\nEND:VCALENDAR" } }).calendar?.method).toBe("PUBLISH");
  });

  it.each([
    [true, "invite.ics"],
    ["meeting.ics", "meeting.ics"],
  ])("attach the invitation, for attach: %s", (attach, filename) => {
    const [attachment] = parse({ calendar: { content: ICS, attach } }).attachments;
    expect(attachment).toMatchObject({ filename, contentType: "application/ics", disposition: "attachment" });
    expect(attachment?.content).toEqual({ kind: "bytes", bytes: new TextEncoder().encode(ICS) });
  });

  it("take further forms, text with its charset and bytes as they are", () => {
    const bytes = new Uint8Array([1]);
    const alternatives = [
      { contentType: "text/markdown; variant=GFM", content: "# Hi", headers: { "Content-Language": "en" } },
      { contentType: "Application/X-Own", content: bytes },
    ];
    expect(parseMessage({ ...MESSAGE, alternatives }, CONTEXT).alternatives).toEqual([
      {
        contentType: "text/markdown; variant=GFM; charset=utf-8",
        content: "# Hi",
        headers: [{ name: "Content-Language", value: "en" }],
      },
      { contentType: "application/x-own", content: bytes, headers: [] },
    ]);
  });
});
