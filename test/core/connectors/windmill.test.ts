import { buildMime, parseConnection } from "@edgepost/core";
import { windmill } from "@edgepost/core/connectors";
import { describe, expect, it } from "vitest";
import { issuesOf } from "./issues.ts";

/** As the resource editor shows it. */
const resource = { host: "smtp.acme.com", port: 587, user: "alerts@acme.com", password: "canary-password" };

describe("the resource", () => {
  it("is a connection with TLS required", () => {
    expect(parseConnection(windmill.connection(resource))).toMatchObject({
      host: "smtp.acme.com",
      port: 587,
      security: "starttls",
      auth: { username: "alerts@acme.com", password: "canary-password" },
    });
  });

  it("needs nothing but a host", () => {
    const connection = parseConnection(windmill.connection({ host: "smtp.acme.com" }));

    expect(connection).toMatchObject({ host: "smtp.acme.com", port: 587 });
    expect(connection.auth).toBeUndefined();
  });

  it("has empty fields where nothing was filled in", () => {
    const connection = windmill.connection({ host: "smtp.acme.com", port: null, user: "", password: "" });

    expect(parseConnection(connection).auth).toBeUndefined();
  });

  it("may name any port, 25 and 465 among them", () => {
    expect(parseConnection(windmill.connection({ ...resource, port: 25 })).port).toBe(25);
    expect(parseConnection(windmill.connection({ ...resource, port: 465 })).security).toBe("implicit");
  });

  it.each([
    [{}, "host"],
    [{ ...resource, host: "smtp acme" }, "host"],
    [{ ...resource, port: "submission" }, "port"],
    [{ ...resource, port: 70000 }, "port"],
    [{ host: "smtp.acme.com", user: "alerts" }, "password"],
    [{ host: "smtp.acme.com", password: "canary" }, "user"],
    [{ ...resource, password: "line\nbreak" }, "password"],
    [{ ...resource, pasword: "secret" }, "pasword"],
    [[resource], ""],
  ])("is refused with the name of the field: %j", (input, path) => {
    expect(issuesOf(() => windmill.connection(input as never))).toBe(`invalid-connection: ${path}`);
  });

  it("is not its path: that is fetched first", () => {
    expect(() => windmill.connection("$res:f/team/smtp" as never)).toThrow(/path of a resource/);
  });
});

describe("the arguments of a script", () => {
  it("are a message, with the resource beside it", async () => {
    const message = windmill.message({
      smtp: resource,
      from_email: "alerts@acme.com",
      to_email: "ada@example.com",
      subject: "Report",
      text: "Attached.",
      attachments: [{ filename: "report.pdf", content: "JVBERi0=", encoding: "base64" }],
    });

    expect(message).toEqual({
      from: "alerts@acme.com",
      to: "ada@example.com",
      subject: "Report",
      text: "Attached.",
      attachments: [{ filename: "report.pdf", content: "JVBERi0=", encoding: "base64" }],
    });
    expect((await buildMime(message)).envelope).toEqual({ from: "alerts@acme.com", to: ["ada@example.com"] });
  });

  it("have each field once", () => {
    const both = { from: "a@acme.com", from_email: "b@acme.com", to: "c@acme.com", to_email: "d@acme.com" };

    expect(issuesOf(() => windmill.message(both))).toBe("invalid-message: from_email, to_email");
  });
});

describe("a form that was not made by hand", () => {
  it("of a hundred thousand unknown fields is answered with the first of them", () => {
    const form = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`field${index}`, "x"]));

    expect(issuesOf(() => windmill.connection(form)).split(", ").length).toBeLessThanOrEqual(21);
  });

  it("cannot write lines into an error by the names of its fields", () => {
    expect(() => windmill.connection({ host: "smtp.acme.com", "x\r\ny": 1 })).toThrow(/^[^\r\n]*$/);
  });
});
