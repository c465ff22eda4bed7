/** Whatever is wrong is one typed error with the place of each fault, and nothing else has happened by then. */
import type { MessageInput } from "@edgepost/core";
import { createMailer } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { issuesOf } from "../../support/issues.ts";
import { CONTEXT, MESSAGE } from "./message.ts";

const BYTES = new Uint8Array(3);
const ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
const attach = (attachment: object) => ({ attachments: [attachment] });

function locked(): ReadableStream {
  const stream = new ReadableStream();
  stream.getReader();
  return stream;
}

describe.each<[what: string, cases: [story: string, fields: object, ...paths: string[]][]]>([
  [
    "participants",
    [
      ["nobody it is from", { from: undefined }, "from"],
      ["an empty list it is from", { from: [] }, "from"],
      ["several it is from and no sender", { from: "a@b.example, c@d.example" }, "sender"],
      ["several senders", { sender: "a@b.example, c@d.example" }, "sender"],
      ["nobody it goes to", { to: undefined }, "to"],
      ["an empty group it goes to", { to: "Nobody:;" }, "to"],
      ["a broken address", { to: ["a@b.example", "c@", "d"] }, "to[1]", "to[2]"],
      ["an object without an address", { cc: [{ name: "Grace" }] }, "cc[0].address"],
      ["an object with a broken address", { to: ["ok@b.example", { email: "x" }] }, "to[1].email"],
      ["a number for an address", { bcc: 5 }, "bcc"],
      ["null for an address", { replyTo: null }, "replyTo"],
      ["a line break in a name", { to: { name: "a\nb", address: "a@b.example" } }, "to.name"],
      ["an unknown field of a mailbox", { to: { adress: "a@b.example" } }, "to.adress", "to.address"],
    ],
  ],
  [
    "envelopes",
    [
      ["that are text", { envelope: "a@b.example" }, "envelope"],
      ["from two", { envelope: { from: "a@b.example, c@d.example" } }, "envelope.from"],
      ["from a number", { envelope: { from: 5 } }, "envelope.from"],
      ["to a broken address", { envelope: { to: ["a@b.example", "x"] } }, "envelope.to[1]"],
      ["to nobody", { envelope: { to: [] } }, "to"],
      ["with fields of their own", { envelope: { cc: "a@b.example" } }, "envelope.cc"],
    ],
  ],
  [
    "headers",
    [
      ["a subject with a line break", { subject: "Hello\r\nBcc: eve@evil.example" }, "subject"],
      ["a subject with a lone CR", { subject: "Hello\rX" }, "subject"],
      ["a subject with NUL", { subject: "Hello\0" }, "subject"],
      ["a subject that is a number", { subject: 5 }, "subject"],
      ["a subject of more than 32 Ki characters", { subject: "a".repeat(32_769) }, "subject"],
      ["a list of headers", { headers: [["X-A", "1"]] }, "headers"],
      ["a header value with a line break", { headers: { "X-A": "1\nX-B: 2" } }, "headers.X-A"],
      ["a header value in a list with NUL", { headers: { "X-A": ["1", "2\0"] } }, "headers.X-A[1]"],
      ["a header value that is a number", { headers: new Map([["X-A", 5]]) }, "headers.X-A"],
      ["a header value of more than 32 Ki characters", { headers: { "X-A": "a".repeat(32_769) } }, "headers.X-A"],
      ["a header name with a line break", { headers: { "X\r\nBcc": "a@b.example" } }, 'headers["X\\r\\nBcc"]'],
      ["a header name with a colon", { headers: { "X:": "a" } }, 'headers["X:"]'],
      ["a header name with a space", { headers: { "X A": "a" } }, 'headers["X A"]'],
      ["a header name outside ASCII", { headers: { "X-Ä": "a" } }, 'headers["X-Ä"]'],
      ["a header name that is empty", { headers: { "": "a" } }, 'headers[""]'],
      [
        "a header name of more than 76 characters",
        { headers: { [`X-${"a".repeat(75)}`]: "a" } },
        `headers.X-${"a".repeat(75)}`,
      ],
      ["a header name from __proto__", { headers: JSON.parse('{ "__proto__": "a\\nb" }') }, "headers.__proto__"],
      ["more than 1,000 headers", { headers: { "X-A": new Array(1001).fill("a") } }, "headers"],
      [
        "Auto-Submitted by header and field",
        { headers: { "Auto-Submitted": "no" }, autoSubmitted: "no" },
        "autoSubmitted",
      ],
      ["Importance by header and field", { headers: { importance: "high" }, priority: "low" }, "priority"],
      ["a date that is none", { date: "yesterday" }, "date"],
      ["an invalid Date", { date: new Date(Number.NaN) }, "date"],
      ["a date that is a number", { date: 0 }, "date"],
      ["a date before 1900", { date: "1899-12-31T00:00:00Z" }, "date"],
      ["a date after 9999", { date: new Date(8.64e15) }, "date"],
      ["a message id without @", { messageId: "1234" }, "messageId"],
      ["a message id with a line break", { messageId: "<1@b.example>\r\nX: 1" }, "messageId"],
      ["a message id with a bracket inside", { messageId: "<1>@b.example" }, "messageId"],
      ["a message id that is a number", { messageId: 5 }, "messageId"],
      ["an id of another message with a space inside", { inReplyTo: "<a b@c.example>" }, "inReplyTo"],
      ["an id of another message with a line break", { inReplyTo: "<a@b.example>\n<c@d.example>" }, "inReplyTo"],
      ["an empty id of another message", { references: ["<a@b.example>", ""] }, "references"],
      ["a hole among the ids of other messages", { references: new Array(2) }, "references"],
      ["more than 1,000 ids of other messages", { references: "<a@b.example> ".repeat(1001) }, "references"],
      ["an unknown priority", { priority: "urgent" }, "priority"],
      ["null for a priority", { priority: null }, "priority"],
      ["an unknown autoSubmitted", { autoSubmitted: true }, "autoSubmitted"],
    ],
  ],
  [
    "unsubscribing",
    [
      ["without any way", { listUnsubscribe: {} }, "listUnsubscribe.url"],
      ["by a URL of another scheme", { listUnsubscribe: { url: "javascript:alert(1)" } }, "listUnsubscribe.url"],
      ["by a URL with a line break", { listUnsubscribe: { url: "https://b.example/\r\nX: 1" } }, "listUnsubscribe.url"],
      ["by no URL", { listUnsubscribe: { url: "b.example" } }, "listUnsubscribe.url"],
      [
        "by a URL too long for a line",
        { listUnsubscribe: { url: `https://b.example/${"a".repeat(900)}` } },
        "listUnsubscribe.url",
      ],
      [
        "with one click and without https",
        { listUnsubscribe: { url: "http://b.example", oneClick: true } },
        "listUnsubscribe.oneClick",
      ],
      [
        "with one click and by mail alone",
        { listUnsubscribe: { mailto: "a@b.example", oneClick: true } },
        "listUnsubscribe.oneClick",
      ],
      ["by a broken address", { listUnsubscribe: { mailto: "nobody" } }, "listUnsubscribe.mailto"],
      ["by two addresses", { listUnsubscribe: { mailto: "a@b.example, c@d.example" } }, "listUnsubscribe.mailto"],
      [
        "by a mailto URL with brackets",
        { listUnsubscribe: { mailto: "mailto:a@b.example>,<x" } },
        "listUnsubscribe.mailto",
      ],
    ],
  ],
  [
    "bodies",
    [
      ["text that is a number", { text: 5 }, "text"],
      ["HTML that is bytes", { html: BYTES }, "html"],
      ["AMP that is null", { amp: null }, "amp"],
      ["an invitation that is text", { calendar: ICS }, "calendar"],
      ["an invitation without content", { calendar: {} }, "calendar.content"],
      ["an invitation that is no calendar", { calendar: { content: "Come!" } }, "calendar.content"],
      ["an invitation with two methods", { calendar: { content: ICS, method: "CANCEL" } }, "calendar.method"],
      [
        "an invitation with a method of two words",
        { calendar: { content: "BEGIN:VCALENDAR\n", method: "A B" } },
        "calendar.method",
      ],
      ["an invitation attached as a number", { calendar: { content: ICS, attach: 1 } }, "calendar.attach"],
      [
        "an invitation attached under a broken name",
        { calendar: { content: ICS, attach: "a\nb" } },
        "calendar.attach[0].filename",
      ],
      [
        "alternatives that are no list",
        { alternatives: { contentType: "text/markdown", content: "x" } },
        "alternatives",
      ],
      ["an alternative without a type", { alternatives: [{ content: "x" }] }, "alternatives[0].contentType"],
      [
        "an alternative without content",
        { alternatives: [{ contentType: "text/markdown" }] },
        "alternatives[0].content",
      ],
      [
        "a message as an alternative",
        { alternatives: [{ contentType: "message/rfc822", content: "Subject: é\r\n\r\n" }] },
        "alternatives[0].contentType",
      ],
      [
        "a multipart as an alternative",
        { alternatives: [{ contentType: "Multipart/mixed; boundary=a", content: BYTES }] },
        "alternatives[0].contentType",
      ],
      [
        "an alternative with a broken type",
        { alternatives: [{ contentType: "markdown", content: "" }] },
        "alternatives[0].contentType",
      ],
      [
        "an alternative with a header of its part",
        { alternatives: [{ contentType: "text/x", content: "", headers: { "Content-Type": "a/b" } }] },
        "alternatives[0].headers.Content-Type",
      ],
      ["a flag that is text", { textFromHtml: "yes" }, "textFromHtml"],
      ["a data: image that is broken", { html: '<img src="data:image/png;base64,!">', inlineDataImages: true }, "html"],
      ["variables that nobody bound", { variables: { name: "Ada" } }, "variables"],
    ],
  ],
  [
    "attachments",
    [
      ["that are text", { attachments: "x" }, "attachments"],
      ["that are one File", { attachments: new File(["x"], "a.txt") }, "attachments"],
      ["that are more than 1,000", { attachments: new Array(1001).fill({ content: "" }) }, "attachments"],
      ["that are null", { attachments: [null] }, "attachments[0]"],
      ["without content", attach({ filename: "a.txt" }), "attachments[0].content"],
      ["with content twice", attach({ content: "x", path: "/etc/passwd" }), "attachments[0].content"],
      ["with content of the wrong kind", attach({ content: 5 }), "attachments[0].content"],
      ["with null for content", attach({ content: null }), "attachments[0].content"],
      ["with an array of bytes", attach({ content: [1, 2, 3] }), "attachments[0].content"],
      ["with base64 that is none", attach({ content: "AA!A", encoding: "base64" }), "attachments[0].content"],
      ["with base64 that is cut off", attach({ content: "AAA", encoding: "base64" }), "attachments[0].content"],
      ["with base64 of the URL alphabet", attach({ content: "-_-_", encoding: "base64" }), "attachments[0].content"],
      [
        "with a data: URL for base64",
        attach({ content: "data:text/plain;base64,AAAA", encoding: "base64" }),
        "attachments[0].content",
      ],
      ["with bytes said to be base64", attach({ content: BYTES, encoding: "base64" }), "attachments[0].content"],
      ["with an unknown encoding", attach({ content: "", encoding: "hex" }), "attachments[0].encoding"],
      ["with a stream that is being read", attach({ content: locked() }), "attachments[0].content"],
      ["with a path, where there are no files", attach({ path: "/etc/passwd" }), "attachments[0].path"],
      ["with an empty path", attach({ path: "" }), "attachments[0].path"],
      ["with a URL, where nothing is fetched", attach({ url: "https://b.example/a.pdf" }), "attachments[0].url"],
      ["with a URL that is none", attach({ url: "a.pdf" }), "attachments[0].url"],
      [
        "with a line break in the file name",
        attach({ content: "", filename: 'a"\r\nX: 1' }),
        "attachments[0].filename",
      ],
      ["with NUL in the file name", attach({ content: "", filename: "a.pdf\0.exe" }), "attachments[0].filename"],
      ["with a file name that is a number", attach({ content: "", filename: 5 }), "attachments[0].filename"],
      [
        "with a file name of more than 255 octets",
        attach({ content: "", filename: "ö".repeat(128) }),
        "attachments[0].filename",
      ],
      ["with a line break in the name of a File", attach({ content: new File([], "a\nb") }), "attachments[0].filename"],
      ["with a type that is none", attach({ content: "", contentType: "pdf" }), "attachments[0].contentType"],
      [
        "with a line break in the type",
        attach({ content: "", contentType: "text/plain\r\nX: 1" }),
        "attachments[0].contentType",
      ],
      [
        "with a line break in a parameter",
        attach({ content: "", contentType: 'text/plain; a="\n"' }),
        "attachments[0].contentType",
      ],
      [
        "with text of another charset",
        attach({ content: "ä", contentType: "text/plain; charset=latin1" }),
        "attachments[0].contentType",
      ],
      ["with null for a type", attach({ content: "", contentType: null }), "attachments[0].contentType"],
      ["with a content id in two words", attach({ content: "", contentId: "a b" }), "attachments[0].contentId"],
      [
        "with a content id that breaks out",
        attach({ content: "", contentId: "a>\r\nX: 1" }),
        "attachments[0].contentId",
      ],
      ["with an unknown disposition", attach({ content: "", disposition: "form-data" }), "attachments[0].disposition"],
      [
        "with a header of their part",
        attach({ content: "", headers: { "Content-Transfer-Encoding": "8bit" } }),
        "attachments[0].headers.Content-Transfer-Encoding",
      ],
      [
        "with a header of the message",
        attach({ content: "", headers: { Bcc: "a@b.example" } }),
        "attachments[0].headers.Bcc",
      ],
      [
        "with unknown fields",
        attach({ content: "", cid: "x", fileName: "y" }),
        "attachments[0].cid",
        "attachments[0].fileName",
      ],
      [
        "twice with one content id",
        {
          attachments: [
            { content: "", contentId: "x" },
            { content: "", contentId: "<x>" },
          ],
        },
        "attachments",
      ],
      [
        "in a map, of the wrong kind",
        { attachments: { "a b.txt": { content: "x" } } },
        'attachments["a b.txt"].content',
      ],
      ["in a map, under a broken name", { attachments: { "a\nb": "x" } }, 'attachments["a\\nb"].filename'],
    ],
  ],
  [
    "delivery notifications",
    [
      ["that are text", { dsn: "failure" }, "dsn"],
      ["of never and something", { dsn: { notify: ["never", "failure"] } }, "dsn.notify"],
      ["of nothing", { dsn: { notify: [] } }, "dsn.notify"],
      ["of an unknown event", { dsn: { notify: ["bounce"] } }, "dsn.notify"],
      ["returning half", { dsn: { return: "half" } }, "dsn.return"],
      ["with an empty id", { dsn: { envelopeId: "" } }, "dsn.envelopeId"],
      ["with a line break in the id", { dsn: { envelopeId: "a\r\nRCPT TO:<eve@evil.example>" } }, "dsn.envelopeId"],
      ["with an id outside ASCII", { dsn: { envelopeId: "ä" } }, "dsn.envelopeId"],
      ["with an id too long once it is encoded", { dsn: { envelopeId: "+".repeat(34) } }, "dsn.envelopeId"],
      ["with a flag that is text", { dsn: { originalRecipient: "no" } }, "dsn.originalRecipient"],
      ["with TLS required as text", { requireTls: "yes" }, "requireTls"],
    ],
  ],
  [
    "raw messages",
    [
      ["that are a number", { raw: 5, from: undefined, to: undefined, subject: undefined, text: undefined }, "raw"],
      [
        "beside fields that they hold",
        { raw: "From: a@b.example\r\nTo: c@d.example\r\n\r\n" },
        "from",
        "to",
        "subject",
        "text",
      ],
    ],
  ],
  [
    "fields",
    [
      ["nobody knows", { subjet: "x", body: "y" }, "subjet", "body"],
      ["of a prototype", JSON.parse('{ "__proto__": { "bcc": "eve@evil.example" } }'), "__proto__"],
    ],
  ],
])("%s", (_what, cases) => {
  it.each(cases)("%s", (_story, fields, ...paths) => {
    const issues = issuesOf(() => parseMessage({ ...MESSAGE, ...fields } as MessageInput, CONTEXT));
    expect(issues.map(({ path }) => path)).toEqual(paths);
    for (const { message } of issues) expect(message).not.toMatch(/[\r\n\0]/);
  });
});

describe("headers that have a field, or another writer, are refused with its name:", () => {
  it.each([
    ["From", "`from`"],
    ["sender", "`sender`"],
    ["REPLY-TO", "`replyTo`"],
    ["To", "`to`"],
    ["Cc", "`cc`"],
    ["bCC", "`bcc`"],
    ["Subject", "`subject`"],
    ["Date", "`date`"],
    ["Message-ID", "`messageId`"],
    ["In-Reply-To", "`inReplyTo`"],
    ["References", "`references`"],
    ["List-Unsubscribe", "`listUnsubscribe`"],
    ["List-Unsubscribe-Post", "`listUnsubscribe.oneClick`"],
    ["Return-Path", "`envelope.from`"],
    ["DKIM-Signature", "`sign`"],
    ["MIME-Version", "parts"],
    ["Content-Type", "parts"],
    ["Content-Anything", "parts"],
    ["Resent-Bcc", "`raw`"],
    ["Received", "servers"],
  ])("%s", (name, hint) => {
    const [issue, ...others] = issuesOf(() => parseMessage({ ...MESSAGE, headers: { [name]: "x" } }, CONTEXT));
    expect(others).toEqual([]);
    expect(issue).toEqual({ path: `headers.${name}`, message: expect.stringContaining(hint) });
  });
});

describe("a field of another name is answered with ours:", () => {
  it.each([
    ["subjct", '"subject"'],
    ["reply_to", '"replyTo"'],
    ["attachment", '"attachments"'],
    ["HTML", '"html"'],
    ["icalEvent", '"calendar"'],
    ["list", '"listUnsubscribe"'],
    ["attachDataUrls", '"inlineDataImages"'],
  ])("%s", (name, hint) => {
    const [issue] = issuesOf(() => parseMessage({ ...MESSAGE, [name]: "x" }, CONTEXT));
    expect(issue).toEqual({ path: name, message: `is not a known field; did you mean ${hint}?` });
  });

  it("and an unlike one with nothing", () => {
    const [issue] = issuesOf(() => parseMessage({ ...MESSAGE, colour: "x" } as MessageInput, CONTEXT));
    expect(issue?.message).toBe("is not a known field");
  });
});

describe("input that is no message at all", () => {
  it.each([[null], [undefined], ["text"], [5], [[]], [new Map()], [Promise.resolve(MESSAGE)], [new Date()]])(
    "%s",
    (input) => {
      expect(issuesOf(() => parseMessage(input as never, CONTEXT))).toEqual([
        { path: "", message: "must be an object" },
      ]);
    },
  );
});

describe("defaults are checked as the message is", () => {
  it.each<[object, string]>([
    [{ from: "nobody" }, "defaults.from"],
    [{ headers: { Bcc: "a@b.example" } }, "defaults.headers.Bcc"],
    [{ subject: "x" }, "defaults.subject"],
  ])("%j", (defaults, path) => {
    const { from: _from, ...message } = MESSAGE;
    const issues = issuesOf(() => parseMessage(message, { ...CONTEXT, defaults: [defaults, { from: "a@b.example" }] }));
    expect(issues.map((issue) => issue.path)).toEqual([path]);
  });

  it("a host name that no Message-ID can hold is an issue", () => {
    for (const hostname of ["evil\r\nX: 1", 'x>" onerror="', "", 5 as never]) {
      for (const messageId of [undefined, "<1@b.example>"]) {
        const issues = issuesOf(() => parseMessage({ ...MESSAGE, messageId }, { ...CONTEXT, hostname }));
        expect(issues.map(({ path }) => path)).toEqual(["hostname"]);
      }
    }
  });

  it("a clock that does not tell the time", () => {
    const issues = issuesOf(() => parseMessage(MESSAGE, { ...CONTEXT, clock: () => new Date(Number.NaN) }));
    expect(issues.map(({ path }) => path)).toEqual(["date"]);
  });
});

it("nothing is sent when anything is wrong", async () => {
  let sent = 0;
  const transport = { name: "counting", send: () => Promise.reject(new Error(`sent ${++sent}`)) };
  const mailer = createMailer({ transport });
  const failure = mailer.send({ ...MESSAGE, to: "a@b.example\r\nRCPT TO:<eve@evil.example>" });
  await expect(failure).rejects.toMatchObject({ code: "invalid-message", phase: "input", retryable: false });
  expect(sent).toBe(0);
});
