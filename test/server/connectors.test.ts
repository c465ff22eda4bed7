import { describe, expect, test } from "vitest";
import { acceptAll, testEndpoint } from "./endpoint.ts";

interface Case {
  readonly platform: string;
  readonly connection: object;
  readonly message: object;
  readonly opened: object;
  readonly answer: object;
}

const CASES: readonly Case[] = [
  {
    platform: "windmill",
    connection: { host: "mail.example.org", port: 587, user: "u", password: "canary2-sesame" },
    message: { from_email: "a@example.com", to_email: "b@example.com", subject: "Hi", text: "Hello" },
    opened: { host: "mail.example.org", port: 587, auth: { username: "u", password: "canary2-sesame" } },
    answer: { success: true, accepted: ["b@example.com"] },
  },
  {
    platform: "k2view",
    connection: {
      To: "b@example.com",
      From: "a@example.com",
      User: "u",
      Password: "canary",
      Host: "mail.example.org",
      Port: 587,
    },
    message: { subject: "Hi", body: "<p>Hello</p>", isHtml: true },
    opened: { host: "mail.example.org", auth: { username: "u", password: "canary" } },
    answer: { success: true, accepted: ["b@example.com"] },
  },
  {
    platform: "prismatic",
    connection: { host: "mail.example.org", port: 587, username: "u", password: "canary" },
    message: { from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Hello" },
    opened: { host: "mail.example.org", port: 587 },
    answer: { data: { accepted: ["b@example.com"], rejected: [] } },
  },
  {
    platform: "appsmith",
    connection: { host: "mail.example.org", port: 587, username: "u", password: "canary" },
    message: { from: "a@example.com", to: "b@example.com", subject: "Hi", body: "Hello" },
    opened: { host: "mail.example.org", port: 587 },
    answer: { success: true, message: "Email sent successfully" },
  },
  {
    platform: "dronahq",
    connection: { accountName: "x", host: "mail.example.org", port: 587, username: "u", password: "canary" },
    message: { sender: "a@example.com", receiver: "b@example.com", subject: "Hi", contentType: "Text", body: "Hello" },
    opened: { host: "mail.example.org", port: 587 },
    answer: { accepted: ["b@example.com"], rejected: [] },
  },
];

describe.each(CASES)("$platform", ({ platform, connection, message, opened, answer }) => {
  const path = `/v1/connectors/${platform}/send`;

  test("sends with its own connection and message form, and answers in its own way", async () => {
    const endpoint = testEndpoint();
    const { status, body } = await endpoint.ask("POST", path, { connection, message });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject(answer);
    expect(endpoint.opened.at(-1)).toMatchObject(opened);
    expect(endpoint.sent[0]).toMatchObject({ envelope: { to: ["b@example.com"] }, message: { subject: "Hi" } });
  });

  test("sends through a stored connection", async () => {
    const endpoint = testEndpoint();
    const stored = {
      name: "team/alerts",
      host: "mail.example.org",
      defaults: { from: "a@example.com", to: "b@example.com" },
    };
    await endpoint.ask("POST", "/v1/connections", stored);
    const { status, body } = await endpoint.ask("POST", path, { connection: "team/alerts", message });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(endpoint.sent).toHaveLength(1);
  });

  test("tells what is wrong with a form by the platform's own names", async () => {
    const endpoint = testEndpoint();
    const { status, body } = await endpoint.ask("POST", path, { connection: { ...connection, nonsense: 1 }, message });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "invalid-connection", errors: [{ pointer: "/connection/nonsense" }] });
    expect(endpoint.sent).toEqual([]);
  });

  test("a repeated request sends nothing", async () => {
    const endpoint = testEndpoint();
    const ask = () =>
      endpoint.app.request(path, {
        method: "POST",
        headers: {
          authorization: "Bearer test-token-of-the-endpoint-suite-0123456789",
          "content-type": "application/json",
          "idempotency-key": "1",
        },
        body: JSON.stringify({ connection, message }),
      });
    const [one, two] = [await ask(), await ask()];
    expect(await two.json()).toEqual(await one.json());
    expect(two.headers.get("idempotency-replayed")).toBe("true");
    expect(endpoint.sent).toHaveLength(1);
  });
});

test("Windmill's path of a resource is the name of a stored connection", async () => {
  const endpoint = testEndpoint();
  await endpoint.ask("POST", "/v1/connections", { name: "u/ada/my_smtp", host: "mail.example.org" });
  const message = { from: "a@example.com", to: "b@example.com", text: "Hello" };
  const { status } = await endpoint.ask("POST", "/v1/connectors/windmill/send", {
    connection: "$res:u/ada/my_smtp",
    message,
  });
  expect(status).toBe(200);
});

test("Appsmith is told of recipients that were refused", async () => {
  const endpoint = testEndpoint({
    send: async (mail) => ({
      ...acceptAll(mail),
      accepted: ["b@example.com"],
      rejected: [{ address: "c@example.com", reply: { code: 550, text: "No" }, retryable: false }],
    }),
  });
  const message = { from: "a@example.com", to: "b@example.com,c@example.com", subject: "Hi", body: "Hello" };
  const { body } = await endpoint.ask("POST", "/v1/connectors/appsmith/send", { connection: "main", message });
  expect(body).toEqual({ success: false, message: "Email not sent to c@example.com" });
});

test("a platform nobody knows is a 404 that names those that are", async () => {
  const { status, body } = await testEndpoint().ask("POST", "/v1/connectors/zapier/send", { message: {} });
  expect(status).toBe(404);
  expect(body.detail).toContain("windmill");
  expect((await testEndpoint().ask("POST", "/v1/connectors/constructor/send", { message: {} })).status).toBe(404);
});
