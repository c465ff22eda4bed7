import { buildMime, parseConnection } from "@edgepost/core";
import { k2view } from "@edgepost/core/connectors";
import { describe, expect, it } from "vitest";
import { issuesOf } from "./issues.ts";

/** The form of a new SMTP interface. */
const smtpInterface = {
  To: "customer.care@acme.com",
  From: "fabric@acme.com",
  User: "fabric@acme.com",
  Password: "canary",
  Host: "smtp.gmail.com",
  Port: "587",
};

/** The input arguments of the Email actor in the documented flow. */
const email = {
  interface: "New_SMTP_Interface",
  subject: "Example-of-HTML-email",
  body: "<!DOCTYPE html><p>See the list.</p>",
  recipients: ["ada@example.com", "grace@example.com"],
  isHtml: true,
  attachmentName: "customer_list.json",
  attachment: Uint8Array.of(123, 10, 32, 34),
};

describe("the interface", () => {
  it("is a connection whose To and From are defaults", () => {
    expect(parseConnection(k2view.connection(smtpInterface))).toMatchObject({
      host: "smtp.gmail.com",
      port: 587,
      security: "starttls",
      auth: { username: "fabric@acme.com", password: "canary" },
      defaults: { from: "fabric@acme.com", to: "customer.care@acme.com" },
    });
  });

  it("is required as a whole", () => {
    expect(issuesOf(() => k2view.connection({}))).toBe("invalid-connection: To, From, User, Password, Host, Port");
  });

  it.each([
    ["To", "not an address"],
    ["From", "a@b@c"],
    ["Host", "smtp .gmail.com"],
    ["Port", "smtp"],
    ["User", 5],
  ])("is refused with the name of the field: %s %j", (field, value) => {
    expect(issuesOf(() => k2view.connection({ ...smtpInterface, [field]: value }))).toMatch(
      new RegExp(`^invalid-connection: ${field}(\\[\\d\\])?$`),
    );
  });
});

describe("the Email actor", () => {
  it("sends HTML with an attachment to its own recipients", async () => {
    const message = k2view.message(email, smtpInterface);

    expect(message).toEqual({
      from: "fabric@acme.com",
      to: ["ada@example.com", "grace@example.com"],
      subject: "Example-of-HTML-email",
      html: "<!DOCTYPE html><p>See the list.</p>",
      attachments: [{ filename: "customer_list.json", content: Uint8Array.of(123, 10, 32, 34) }],
    });
    expect((await buildMime(message)).envelope.to).toEqual(["ada@example.com", "grace@example.com"]);
  });

  it.each([{ recipients: [] }, { recipients: undefined }, {}])("sends to the interface's To with %j", (recipients) => {
    expect(k2view.message({ subject: "Hello", body: "Hi", ...recipients }, smtpInterface).to).toBe(
      "customer.care@acme.com",
    );
  });

  it("leaves sender and recipient to the connection when the interface is not at hand", () => {
    expect(k2view.message({ subject: "Hello", body: "Hi" })).toEqual({ subject: "Hello", text: "Hi" });
  });

  it("sends text unless told otherwise", () => {
    expect(k2view.message({ body: "<b>", isHtml: "false" })).toMatchObject({ text: "<b>" });
  });

  it.each([
    [{ ...email, recipients: ["nobody"] }, "recipients[0]"],
    [{ ...email, isHtml: "yes" }, "isHtml"],
    [{ ...email, subject: 5 }, "subject"],
    [{ attachmentName: "list.json" }, "attachment"],
    [{ ...email, cc: "ada@example.com" }, "cc"],
  ])("is refused with the name of the argument: %#", (input, path) => {
    expect(issuesOf(() => k2view.message(input as never))).toBe(`invalid-message: ${path}`);
  });
});
