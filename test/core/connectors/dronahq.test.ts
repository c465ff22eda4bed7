import { buildMime, parseConnection } from "@edgepost/core";
import { dronahq } from "@edgepost/core/connectors";
import { describe, expect, it } from "vitest";
import { issuesOf } from "./issues.ts";

const account = {
  "Environment/ Account Name": "acmeSMTP",
  Host: "smtp.gmail.com",
  Port: "587",
  Username: "acme@gmail.com",
  Password: "canary",
};

describe("the account", () => {
  it("is a connection with TLS required", () => {
    expect(parseConnection(dronahq.connection(account))).toMatchObject({
      host: "smtp.gmail.com",
      port: 587,
      security: "starttls",
      auth: { username: "acme@gmail.com", password: "canary" },
    });
  });

  it.each([
    ["25", "starttls"],
    [465, "implicit"],
    [587, "starttls"],
  ])("may have any of the usual ports: %s", (port, security) => {
    const connection = parseConnection(dronahq.connection({ ...account, Host: "192.0.2.7", Port: port }));

    expect(connection).toMatchObject({ host: "192.0.2.7", port: Number(port), security });
  });

  it.each([
    [{}, "accountName, host, port, username, password"],
    [{ ...account, "Environment/ Account Name": "acme smtp" }, "Environment/ Account Name"],
    [{ ...account, "Environment/ Account Name": "1acme" }, "Environment/ Account Name"],
    [{ ...account, Password: "" }, "password"],
    [{ ...account, Port: "all" }, "Port"],
  ])("is refused with the name of the field: %#", (form, paths) => {
    expect(issuesOf(() => dronahq.connection(form))).toBe(`invalid-connection: ${paths}`);
  });
});

const sendMail = {
  Sender: "{{form.email}}",
  Receiver: ["{{customers}}", "grace@example.com"],
  CC: "{{manager}}",
  BCC: "audit@acme.com",
  "Reply To": "Support <{{support}}>",
  Subject: "Order {{order}} of {{name}}",
  "Content Type": "HTML",
  "Message Body": "<p>Dear {{name}},</p><p>{{note}}</p>",
  Attachments: ["{{files}}", "https://acme.com/terms.pdf"],
  keywords: {
    form: { email: "shop@acme.com" },
    customers: ["ada@example.com", { name: "Lovelace, Ada", address: "ada@example.org" }],
    manager: { name: "Linus", email: "linus@example.com" },
    support: "support@acme.com",
    order: 17,
    name: "Tom & <Jerry>",
    note: "It's paid.",
    files: [{ name: "invoice.txt", content: "17" }, "https://acme.com/logo.png"],
  },
};

describe("sendMail", () => {
  it("is pasted with keywords in every field", () => {
    expect(dronahq.message(sendMail)).toEqual({
      from: "shop@acme.com",
      to: [["ada@example.com", { name: "Lovelace, Ada", address: "ada@example.org" }], "grace@example.com"],
      cc: { name: "Linus", email: "linus@example.com" },
      bcc: "audit@acme.com",
      replyTo: "Support <support@acme.com>",
      subject: "Order 17 of Tom & <Jerry>",
      html: "<p>Dear Tom &#38; &#60;Jerry&#62;,</p><p>It&#39;s paid.</p>",
      attachments: [
        { filename: "invoice.txt", content: "17" },
        { url: "https://acme.com/logo.png" },
        { url: "https://acme.com/terms.pdf" },
      ],
    });
  });

  it("is a message that can be built", async () => {
    const { envelope } = await buildMime(dronahq.message({ ...sendMail, Attachments: ["{{files}}"].slice(1) }));

    expect(envelope).toEqual({
      from: "shop@acme.com",
      to: ["ada@example.com", "ada@example.org", "grace@example.com", "linus@example.com", "audit@acme.com"],
    });
  });

  it("is text unless it says HTML, and then keywords stand as they are", () => {
    const message = dronahq.message({
      sender: "a@acme.com",
      receiver: "b@acme.com",
      body: "{{x}} & co",
      keywords: { x: "<1>" },
    });

    expect(message).toMatchObject({ text: "<1> & co" });
  });

  it("takes files, and several URLs of one text control", () => {
    const file = new File(["x"], "photo.jpg", { type: "image/jpeg" });
    const attachments = ["{{upload}}", "https://acme.com/a.pdf, https://acme.com/b,c.pdf"];

    expect(
      dronahq.message({ ...sendMail, Attachments: attachments, keywords: { ...sendMail.keywords, upload: file } })
        .attachments,
    ).toEqual([
      { filename: "photo.jpg", content: file },
      { url: "https://acme.com/a.pdf" },
      { url: "https://acme.com/b,c.pdf" },
    ]);
  });

  it.each([
    [{}, "sender, receiver"],
    [{ ...sendMail, Subject: "Order {{oder}}" }, "Subject"],
    [{ ...sendMail, Subject: "{{constructor.name}}" }, "Subject"],
    [{ ...sendMail, Subject: "Files: {{files}}" }, "Subject"],
    [{ ...sendMail, Subject: "{{files}}" }, "Subject"],
    [{ ...sendMail, Receiver: "nobody" }, "Receiver"],
    [{ ...sendMail, "Content Type": "Markdown" }, "Content Type"],
    [{ ...sendMail, Attachments: "report" }, "Attachments"],
    [{ ...sendMail, keywords: "x" }, "keywords"],
  ])("is refused with the name of the field: %#", (input, paths) => {
    expect(issuesOf(() => dronahq.message(input))).toMatch(new RegExp(`^invalid-message: ${paths}`));
  });

  it.each([
    "eve@example.net, ada",
    "Ada <eve@example.net>",
    "eve@example.net;x",
    'x" <eve@example.net>',
    "a\r\nBcc: eve@example.net",
  ])("never makes a second recipient of what somebody typed: %j", (name) => {
    const input = { ...sendMail, Receiver: "{{name}} <ada@example.com>", keywords: { ...sendMail.keywords, name } };

    expect(issuesOf(() => dronahq.message(input))).toMatch(/^invalid-message: Receiver/);
  });

  it("answers what nodemailer answers", () => {
    const answer = dronahq.response?.({
      messageId: "<1@acme.com>",
      accepted: ["ada@example.com"],
      rejected: [],
      reply: { code: 250, enhancedCode: "2.0.0", text: "OK" },
      transport: "node",
      size: 223,
      downgrades: [],
    });

    expect(answer).toEqual({
      accepted: ["ada@example.com"],
      rejected: [],
      messageSize: 223,
      response: "250 2.0.0 OK",
      messageId: "<1@acme.com>",
    });
  });
});
