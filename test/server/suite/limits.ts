import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MESSAGE, TOKEN } from "../endpoint.ts";
import type { House } from "./house.ts";

const ROUTES_WITH_BODY = [
  "/v1/messages",
  "/v1/messages/batch",
  "/v1/messages/preview",
  "/v1/connections",
  "/v1/connections/verify",
  "/v1/connections/main/verify",
  "/v1/connectors/windmill/send",
  "/v1/keys",
];

type Body = readonly [
  what: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
  status: number,
];

const BODIES: readonly Body[] = [
  ["text", "hello", { "content-type": "text/plain" }, 415],
  ["a form of a web page", "to=b", { "content-type": "application/x-www-form-urlencoded" }, 415],
  ["XML", "<a/>", { "content-type": "application/xml" }, 415],
  ["JSON in Latin-1", "{}", { "content-type": "application/json; charset=iso-8859-1" }, 415],
  ["compressed JSON", gzipSync("{}"), { "content-encoding": "gzip" }, 415],
  ["nothing", "", {}, 400],
  ["half of JSON", '{"a":', {}, 400],
  ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), {}, 400],
  ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), {}, 400],
  ["depth", `{"a":${"[".repeat(64)}${"]".repeat(64)}}`, {}, 400],
  ["a list", "[]", {}, 422],
  ["null", "null", {}, 422],
  ["an unknown field", '{"nonsense":1}', {}, 422],
];

/** Types, forms and sizes: what is taken, and what is one too many. */
export function limitSuite(house: House): void {
  const post = (path: string, body: unknown, headers = {}) => house.entry.request("POST", path, body, headers);
  const send = (change: object, headers = {}) => post("/v1/messages", { ...MESSAGE, ...change }, headers);

  describe.each(ROUTES_WITH_BODY)("POST %s", (path) => {
    test.each(BODIES)("with %s", async (_what, body, headers, status) => {
      const answer = await post(path, body, headers);
      expect(answer.status, JSON.stringify(answer.body)).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    });
  });

  test.each([
    ["text/html", 406],
    ["application/json;q=0", 406],
    ["application/xml, text/*", 406],
    ["text/html, */*;q=0.1", 200],
    ["application/*", 200],
  ])("Accept: %s is a %d", async (accept, status) => {
    expect((await send({}, { accept })).status).toBe(status);
  });

  test.each<[what: string, message: object, status: number]>([
    ["a hundred recipients", { to: addresses(100) }, 200],
    ["a hundred and one, in two transactions", { to: addresses(101) }, 200],
    ["a local part of 64 octets", { to: `${"a".repeat(64)}@example.com` }, 200],
    ["a local part of 65 octets", { to: `${"a".repeat(65)}@example.com` }, 422],
    ["a domain label of 64 octets", { to: `b@${"a".repeat(64)}.com` }, 422],
    ["fifty attachments", { attachments: attachments(50) }, 200],
    ["fifty-one attachments", { attachments: attachments(51) }, 422],
    ["a subject of 30,000 characters", { subject: "a ".repeat(15_000) }, 200],
    ["a header of 40,000 characters", { headers: { "X-A": "a ".repeat(20_000) } }, 422],
    ["a text of one line of 100,000 characters", { text: "a".repeat(100_000) }, 200],
    ["a message of more than 25 MiB", { text: "a".repeat(26 * 1024 * 1024) }, 413],
  ])("%s", async (_what, message, status) => {
    const answer = await send(message);
    expect(answer.status, JSON.stringify(answer.body).slice(0, 500)).toBe(status);
  });

  // Who is answered while he is still writing must come to read the answer, and not find his connection reset.
  describe.each([
    ["36 MiB", 36],
    ["60 MiB", 60],
  ])("a body of %s", (_size, mebibytes) => {
    const MEBIBYTE = new Uint8Array(1024 * 1024).fill(0x20);

    test.each<[how: string, body: () => BodyInit]>([
      ["with its length", () => new Blob(Array.from({ length: mebibytes }, () => MEBIBYTE))],
      ["in chunks", () => new Response(new Blob(Array.from({ length: mebibytes }, () => MEBIBYTE))).body as BodyInit],
    ])("%s is answered with a 413, and a 401 to a stranger", async (_how, body) => {
      for (const [authorization, status] of [
        [`Bearer ${TOKEN}`, 413],
        ["Bearer nobody", 401],
      ] as const) {
        const headers = { authorization, "content-type": "application/json" };
        const init = { method: "POST", headers, body: body(), duplex: "half" };
        const response = await fetch(`${house.entry.url}/v1/messages`, init as RequestInit);
        expect(response.status).toBe(status);
        expect(await response.json()).toMatchObject({ status });
      }
    });
  });

  test.each([
    ["POST", "/v1/connections"],
    ["POST", "/v1/connections/verify"],
    ["POST", "/v1/connections/main/verify"],
    ["PATCH", "/v1/connections/main"],
    ["POST", "/v1/keys"],
  ])("%s %s takes settings, and no megabytes", async (method, path) => {
    const answer = await house.entry.request(method, path, { name: "x".repeat(1024 * 1024) });
    expect(answer).toMatchObject({ status: 413, body: { code: "body-too-large" } });
  });

  test.each<[what: string, key: string, status: number]>([
    ["one character", "!", 200],
    ["256 characters", "k".repeat(256), 200],
    ["257 characters", "k".repeat(257), 400],
    ["a space inside", "a b", 400],
    ["nothing", "", 400],
  ])("an Idempotency-Key of %s", async (_what, key, status) => {
    expect((await send({}, { "idempotency-key": key })).status).toBe(status);
  });

  test.each([
    [0, 422],
    [1, 200],
    [100, 200],
    [101, 422],
  ])("a batch of %d messages is a %d", async (count, status) => {
    const messages = Array.from({ length: count }, () => MESSAGE);
    expect((await post("/v1/messages/batch", { messages })).status).toBe(status);
  });

  test.each([
    ["limit=1", 200],
    ["limit=100", 200],
    ["limit=0", 400],
    ["limit=101", 400],
    ["limit=-1", 400],
    ["limit=1e9", 400],
    ["state=sent", 200],
    ["state=SENT", 400],
    ["cursor=nonsense", 400],
    ["connection='%20OR%201=1", 200],
    ["recipient=%00", 200],
    ["page=2", 400],
    ["limit=1&limit=2", 200],
  ])("GET /v1/messages?%s is a %d", async (query, status) => {
    const answer = await house.entry.request("GET", `/v1/messages?${query}`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  });
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `b${index}@example.com`);
}

function attachments(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({ filename: `${index}.txt`, content: "Hello" }));
}
