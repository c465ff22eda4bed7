import type { MessageInput, SmtpConnection } from "@edgepost/core";
import { buildMime, parseConnection } from "@edgepost/core";
import { connectionSchema, messageSchema } from "@edgepost/core/schema";
import { describe, expect, it } from "vitest";

const wholeMessage = {
  from: "Ada <ada@acme.example>",
  sender: { name: "Ada", address: "ada@acme.example" },
  replyTo: ["a@acme.example", [{ email: "b@acme.example" }]],
  to: [{ name: "Grace", address: "grace@example.com" }],
  cc: "c@example.com, Team: d@example.com;",
  bcc: [],
  subject: "Hi",
  text: "Hello",
  html: "<p>Hello</p>",
  amp: "<!doctype html><html ⚡4email></html>",
  calendar: { method: "REQUEST", content: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", attach: "invite.ics" },
  alternatives: [{ contentType: "text/markdown", content: "*Hello*", headers: { "Content-Language": "en" } }],
  attachments: [
    { filename: "a.txt", content: "text" },
    {
      filename: "b.bin",
      content: "AAEC",
      encoding: "base64",
      contentType: "application/x-b",
      disposition: "inline",
      contentId: "b",
      headers: { "X-A": ["1", "2"] },
    },
  ],
  headers: { "X-Team": "billing", "X-Many": ["1", "2"] },
  messageId: "<id@acme.example>",
  date: "2026-01-31T12:00:00+01:00",
  inReplyTo: "<a@b.example>",
  references: ["<a@b.example>", "<c@b.example>"],
  priority: "high",
  listUnsubscribe: { url: "https://acme.example/u", mailto: "u@acme.example", oneClick: true },
  autoSubmitted: "auto-generated",
  dsn: { notify: ["failure"], return: "headers", envelopeId: "e1", originalRecipient: false },
  requireTls: true,
  envelope: { from: "bounce@acme.example", to: "grace@example.com" },
  textFromHtml: false,
  inlineDataImages: false,
} satisfies MessageInput;

const wholeConnection = {
  host: "mail.example",
  port: 587,
  allowPort25: false,
  security: "starttls",
  tls: { rejectUnauthorized: true, serverName: "mail.example", minVersion: "TLSv1.3" },
  auth: { username: "ada", password: "canary-word", methods: ["PLAIN"] },
  allowClearText: false,
  clientName: "client.example",
  defaults: { from: "ada@acme.example", headers: { "X-Team": "billing" } },
  timeouts: { connectMs: 1, replyMs: 2, progressMs: 3, finalMs: 4, totalMs: 5 },
  pool: { maxConnections: 1, maxMessages: 2, idleMs: 3, rate: { messages: 4, perMs: 5 } },
} satisfies SmtpConnection;

describe("messageSchema", () => {
  it("takes a message with every field, and what it gives can be built", async () => {
    const message = messageSchema.parse(JSON.parse(JSON.stringify(wholeMessage)));
    expect(message).toEqual(wholeMessage);
    await (await buildMime(message)).bytes();
  });

  it.each([
    ["a map of file names to texts", { attachments: { "a.txt": "text" } }],
    ["an attachment by URL", { attachments: [{ filename: "a.pdf", url: "https://acme.example/a.pdf" }] }],
    ["a ready message", { raw: "From: ada@acme.example\r\n\r\n" }],
    ["variables of any JSON", { variables: { name: "Ada", rows: [{ price: 1.5, paid: true, note: null }] } }],
  ])("takes %s", (_, message) => {
    expect(messageSchema.parse(message)).toEqual(message);
  });

  it.each<[string, object, PropertyKey[]]>([
    ["an unknown field", { body: "Hello" }, []],
    ["__proto__ from JSON", JSON.parse('{"__proto__":{"subject":"x"}}'), []],
    ["a subject that is no text", { subject: 1 }, ["subject"]],
    ["an address that is a number", { to: 1 }, ["to"]],
    ["an unknown field of an address", { to: { address: "a@b.example", nmae: "A" } }, ["to"]],
    ["a local path", { attachments: [{ path: "/etc/passwd" }] }, ["attachments"]],
    ["a content beside a URL", { attachments: [{ content: "x", url: "https://a.example" }] }, ["attachments"]],
    ["an encoding that is guessed", { attachments: [{ content: "x", encoding: "hex" }] }, ["attachments"]],
    ["a date that is not ISO 8601", { date: "31 January" }, ["date"]],
    ["a date without its zone", { date: "2026-01-31T12:00:00" }, ["date"]],
    ["an unknown priority", { priority: "urgent" }, ["priority"]],
    ["an unknown notification", { dsn: { notify: ["bounce"] } }, ["dsn", "notify"]],
    ["a header that is a number", { headers: { "X-A": 1 } }, ["headers", "X-A"]],
  ])("refuses %s", (_, message, path) => {
    const result = messageSchema.safeParse(message);
    expect(result.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it("has a JSON Schema that is strict and names its parts", () => {
    const { $defs } = messageSchema.toJSONSchema();
    expect(Object.keys($defs ?? {})).toEqual(expect.arrayContaining(["Message", "Addresses", "Attachment", "Headers"]));
    expect($defs?.Message).toMatchObject({ type: "object", additionalProperties: false });
    expect(JSON.stringify($defs?.Attachment)).not.toContain('"path"');
  });
});

describe("connectionSchema", () => {
  it("takes a connection with every field, and what it gives can be parsed", () => {
    const connection = connectionSchema.parse(JSON.parse(JSON.stringify(wholeConnection)));
    expect(connection).toEqual(wholeConnection);
    expect(parseConnection(connection).host).toBe("mail.example");
  });

  it("takes a token", () => {
    const connection = { host: "mail.example", auth: { username: "ada", accessToken: "canary-token" } };
    expect(connectionSchema.parse(connection)).toEqual(connection);
  });

  it.each<[string, object, PropertyKey[]]>([
    ["no host", {}, ["host"]],
    ["an unknown field", { host: "mail.example", secure: true }, []],
    ["a port that is text", { host: "mail.example", port: "587" }, ["port"]],
    ["a port out of range", { host: "mail.example", port: 65_536 }, ["port"]],
    [
      "password and token",
      { host: "mail.example", auth: { username: "a", password: "canary", accessToken: "canary" } },
      ["auth"],
    ],
    ["half a rate", { host: "mail.example", pool: { rate: { messages: 1 } } }, ["pool", "rate", "perMs"]],
    ["a default a connection has not", { host: "mail.example", defaults: { subject: "Hi" } }, ["defaults"]],
  ])("refuses %s", (_, connection, path) => {
    const result = connectionSchema.safeParse(connection);
    expect(result.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it("has a JSON Schema that is strict", () => {
    const { $defs } = connectionSchema.toJSONSchema();
    expect($defs?.Connection).toMatchObject({ type: "object", required: ["host"], additionalProperties: false });
  });
});
