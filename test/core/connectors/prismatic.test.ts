import { buildMime, parseConnection } from "@edgepost/core";
import { prismatic } from "@edgepost/core/connectors";
import { describe, expect, it } from "vitest";
import { issuesOf } from "./issues.ts";

/** The connection as the documentation labels it. */
const labelled = {
  Host: "smtp.example.com",
  Port: "587",
  "Use TLS": "true",
  "Ignore Self-Signed Certificates": "false",
  Username: "acme",
  Password: "canary",
};

/** The same by its keys, as in the YAML of an integration. */
const keyed = {
  host: "smtp.example.com",
  port: "587",
  secure: "true",
  allowUnauthorized: "false",
  username: "acme",
  password: "canary",
};

describe("the connection", () => {
  it.each([
    ["labels", labelled],
    ["keys", keyed],
  ])("is pasted by its %s", (_, form) => {
    expect(parseConnection(prismatic.connection(form))).toMatchObject({
      host: "smtp.example.com",
      port: 587,
      security: "starttls",
      allowClearText: false,
      tls: { rejectUnauthorized: true },
      auth: { username: "acme", password: "canary" },
    });
  });

  it("has the documented defaults, and credentials only where they are given", () => {
    const connection = parseConnection(prismatic.connection({ Host: "smtp.example.com" }));

    expect(connection).toMatchObject({ port: 587, security: "starttls", tls: { rejectUnauthorized: true } });
    expect(connection.auth).toBeUndefined();
  });

  it("starts TLS at once on 465, with or without Use TLS", () => {
    for (const secure of [true, false]) {
      expect(parseConnection(prismatic.connection({ ...keyed, port: 465, secure })).security).toBe("implicit");
    }
  });

  it("does without TLS only when told so, and then still takes what the server offers", () => {
    expect(parseConnection(prismatic.connection({ ...labelled, "Use TLS": false }))).toMatchObject({
      security: "opportunistic",
      allowClearText: true,
    });
  });

  it("ignores self-signed certificates when told so", () => {
    const form = { ...labelled, "Ignore Self-Signed Certificates": true };

    expect(parseConnection(prismatic.connection(form)).tls.rejectUnauthorized).toBe(false);
  });

  it.each([
    [{ ...labelled, Port: "25" }, "Port"],
    [{ ...keyed, port: 25 }, "port"],
    [{ ...labelled, "Use TLS": "maybe" }, "Use TLS"],
    [{ ...labelled, Host: "" }, "host"],
    [{ ...labelled, Password: undefined }, "password"],
    [{ ...labelled, host: "other.example.com" }, "host"],
    [{ ...labelled, Timeout: 5 }, "Timeout"],
  ])("is refused with the name of the field: %#", (form, path) => {
    expect(issuesOf(() => prismatic.connection(form))).toBe(`invalid-connection: ${path}`);
  });

  it("says why 25 is refused", () => {
    expect(() => prismatic.connection({ ...labelled, Port: "25" })).toThrow(/disallowed/);
  });
});

/** Send Email with every input filled in as its example shows. */
const sendEmail = {
  "To Address": ["example@example.com"],
  "Dynamic To Address": '["example@example.com", "example2@example.com"]',
  From: "sender@example.com",
  "Cc Address": ["cc@example.com"],
  "CC Address (JSON)": '["cc2@example.com"]',
  "Bcc Address": ["bcc@example.com"],
  "BCC Address (JSON)": ["bcc2@example.com"],
  "Reply To": ["reply@example.com", "reply2@example.com"],
  Subject: "My Email Subject",
  Text: "Hello World!",
  Html: "<p>Hello World!</p>",
  Attachments: { "my-file.txt": "the file" },
  "Multiple Attachments": '[{ "key": "filename", "value": "aGVsbG8=" }]',
};

describe("Send Email", () => {
  it("is pasted with every input", async () => {
    const message = prismatic.message(sendEmail);

    expect(message).toEqual({
      from: "sender@example.com",
      to: ["example@example.com", "example2@example.com"],
      cc: ["cc@example.com", "cc2@example.com"],
      bcc: ["bcc@example.com", "bcc2@example.com"],
      replyTo: ["reply@example.com", "reply2@example.com"],
      subject: "My Email Subject",
      text: "Hello World!",
      html: "<p>Hello World!</p>",
      attachments: [
        { filename: "my-file.txt", content: "the file" },
        { filename: "filename", content: "aGVsbG8=", encoding: "base64" },
      ],
    });
    expect((await buildMime(message)).envelope.to).toHaveLength(6);
  });

  it.each([
    [{ Subject: "s", Text: "t", "Dynamic To": ["a@example.com"] }, ["a@example.com"]],
    [{ subject: "s", text: "t", to: "a@example.com" }, ["a@example.com"]],
  ])("goes to To, to Dynamic To, or to both", (input, to) => {
    expect(prismatic.message(input).to).toEqual(to);
  });

  it("takes files as earlier steps give them", () => {
    const attachments = [
      { key: "a.bin", value: { data: Uint8Array.of(1, 2), contentType: "application/octet-stream" } },
      { key: "b.bin", value: { data: { type: "Buffer", data: [3, 4] }, contentType: "image/png" } },
      { key: "c.bin", value: Uint8Array.of(5) },
    ];

    expect(
      prismatic.message({ ...sendEmail, "Multiple Attachments": undefined, Attachments: attachments }).attachments,
    ).toEqual([
      { filename: "a.bin", content: Uint8Array.of(1, 2), contentType: "application/octet-stream" },
      { filename: "b.bin", content: Uint8Array.of(3, 4), contentType: "image/png" },
      { filename: "c.bin", content: Uint8Array.of(5) },
    ]);
  });

  it.each([
    [{}, "subject, text, to"],
    [{ ...sendEmail, "To Address": ["nobody"] }, "To Address[0]"],
    [{ ...sendEmail, "Dynamic To Address": "a@example.com" }, "Dynamic To Address"],
    [{ ...sendEmail, "CC Address (JSON)": '{"a":1}' }, "CC Address (JSON)"],
    [{ ...sendEmail, "Multiple Attachments": [{ name: "x" }] }, "Multiple Attachments"],
    [{ ...sendEmail, Attachments: "report.pdf" }, "Attachments"],
    [{ ...sendEmail, Text: 5 }, "Text"],
    [{ ...sendEmail, Sujet: "x" }, "Sujet"],
  ])("is refused with the name of the input: %#", (input, paths) => {
    expect(issuesOf(() => prismatic.message(input))).toBe(`invalid-message: ${paths}`);
  });

  it("answers what nodemailer answers, under data", () => {
    const answer = prismatic.response?.({
      messageId: "<1@example.com>",
      accepted: ["a@example.com"],
      rejected: [{ address: "b@example.com", reply: { code: 550, text: "No" }, retryable: false }],
      reply: { code: 250, enhancedCode: "2.0.0", text: "OK queued" },
      transport: "node",
      size: 223,
      downgrades: [],
    });

    expect(answer).toEqual({
      data: {
        accepted: ["a@example.com"],
        rejected: ["b@example.com"],
        messageSize: 223,
        response: "250 2.0.0 OK queued",
        messageId: "<1@example.com>",
      },
    });
  });
});
