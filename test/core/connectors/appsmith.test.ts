import { buildMime, parseConnection } from "@edgepost/core";
import { appsmith } from "@edgepost/core/connectors";
import { describe, expect, it } from "vitest";
import { issuesOf } from "./issues.ts";

const datasource = { "Host Address": "smtp.acme.com", Port: 587, Username: "acme", Password: "canary" };

describe("the datasource", () => {
  it("is a connection with TLS required", () => {
    expect(parseConnection(appsmith.connection(datasource))).toMatchObject({
      host: "smtp.acme.com",
      port: 587,
      security: "starttls",
      auth: { username: "acme", password: "canary" },
    });
  });

  it("has port 25 and no credentials where none are given", () => {
    const connection = parseConnection(appsmith.connection({ host: "relay.acme.com" }));

    expect(connection.port).toBe(25);
    expect(connection.auth).toBeUndefined();
  });

  it.each([
    [{}, "host"],
    [{ ...datasource, "Host Address": "smtp://acme" }, "Host Address"],
    [{ ...datasource, Username: "" }, "username"],
    [{ ...datasource, Port: -1 }, "Port"],
  ])("is refused with the name of the field: %#", (form, path) => {
    expect(issuesOf(() => appsmith.connection(form))).toBe(`invalid-connection: ${path}`);
  });
});

const sendEmail = {
  "From email": "fromAddress@example.com",
  "Set Reply To Email": true,
  "Reply to email": "replyTo@example.com",
  "To email(s)": "to@example.com,to2@example.com",
  "CC email(s)": "cc@example.com,cc2@example.com",
  "BCC email(s)": "bcc@example.com,bcc2@example.com",
  Subject: "Awesome email subject",
  Body: "Incredible body text",
  "Attachment(s)": [{ id: "1", name: "pixel.png", type: "image/png", size: 3, data: "data:image/png;base64,AQID" }],
};

describe("Send email", () => {
  it("is pasted with every field", async () => {
    const message = appsmith.message(sendEmail);

    expect(message).toEqual({
      from: "fromAddress@example.com",
      replyTo: "replyTo@example.com",
      to: "to@example.com,to2@example.com",
      cc: "cc@example.com,cc2@example.com",
      bcc: "bcc@example.com,bcc2@example.com",
      subject: "Awesome email subject",
      html: "Incredible body text",
      attachments: [{ filename: "pixel.png", contentType: "image/png", content: "AQID", encoding: "base64" }],
    });
    expect((await buildMime(message)).envelope.to).toHaveLength(6);
  });

  it("is pasted by the keys of the query", () => {
    const message = appsmith.message({
      from: "a@example.com",
      isReplyTo: false,
      replyTo: "hidden@example.com",
      to: "b@example.com",
      subject: "s",
      bodyType: "text/plain",
      body: "plain",
      attachments: JSON.stringify(sendEmail["Attachment(s)"]),
    });

    expect(message).toMatchObject({ text: "plain", attachments: [{ filename: "pixel.png" }] });
    expect(message.replyTo).toBeUndefined();
    expect(message.html).toBeUndefined();
  });

  it("takes the one file of a Filepicker", () => {
    expect(appsmith.message({ ...sendEmail, "Attachment(s)": sendEmail["Attachment(s)"][0] }).attachments).toHaveLength(
      1,
    );
  });

  it.each([
    [{}, "from, to"],
    [{ ...sendEmail, "To email(s)": "to@example.com,nobody" }, "To email\\(s\\)"],
    [{ ...sendEmail, "Set Reply To Email": "on" }, "Set Reply To Email"],
    [{ ...sendEmail, "Body type": "markdown" }, "Body type"],
    [{ ...sendEmail, "Attachment(s)": [{ name: "a.txt", data: "raw text" }] }, "Attachment\\(s\\)"],
    [{ ...sendEmail, "Attachment(s)": "{{Filepicker1.files}}" }, "Attachment\\(s\\)"],
  ])("is refused with the name of the field: %#", (input, path) => {
    expect(issuesOf(() => appsmith.message(input))).toMatch(new RegExp(`^invalid-message: ${path}(\\[\\d\\])?$`));
  });

  it("answers as Appsmith does, and tells the truth of a partial refusal", () => {
    const receipt = {
      messageId: "<1@example.com>",
      accepted: ["a@example.com"],
      rejected: [],
      reply: { code: 250, text: "OK" },
      transport: "node",
      size: 223,
      downgrades: [],
    };
    const refused = { address: "b@example.com", reply: { code: 550, text: "No" }, retryable: false };

    expect(appsmith.response?.(receipt)).toEqual({ success: true, message: "Email sent successfully" });
    expect(appsmith.response?.({ ...receipt, rejected: [refused] })).toEqual({
      success: false,
      message: "Email not sent to b@example.com",
    });
  });
});
