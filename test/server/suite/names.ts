import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { MESSAGE, TOKEN } from "../endpoint.ts";
import type { House } from "./house.ts";

/** As they stand in the request line: `fetch` would tidy them up first. */
const PATHS = [
  "/v1/connections/..%2fkeys",
  "/v1/connections/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "/v1/connections/..%5c..%5cetc",
  "/v1/connections/%00",
  "/v1/connections/a%00b",
  "/v1/connections/%c0%ae%c0%ae",
  "/v1/connections/%ff",
  "/v1/connections/%",
  "/v1/connections/%zz",
  "/v1/connections/%252e%252e",
  "/v1/connections/__proto__",
  "/v1/connections/constructor",
  "/v1/connections/toString",
  "/v1/connections/'%20OR%20'1'='1",
  "/v1/connections/a//b",
  `/v1/connections/${"a".repeat(4000)}`,
  "/v1/connections/;a=b",
  "/v1/messages/..%2f..%2f",
  "/v1/messages/%00",
  "/v1/messages/'--",
  "/v1/messages/__proto__",
];

const CHANGES: readonly (readonly [what: string, change: object])[] = [
  ["another host", { host: "93.184.216.35" }],
  ["another port", { port: 465 }],
  ["another server name", { tls: { serverName: "evil.example.net" } }],
  ["no certificate check", { tls: { rejectUnauthorized: false } }],
  ["opportunistic TLS", { security: "opportunistic" }],
  ["clear text", { security: "none", allowClearText: true }],
  ["its mask for a password", { host: "93.184.216.35", auth: { password: "********" } }],
];

/** Names that mean something else to a file system, a database or an object; and settings of somebody else's password. */
export function nameSuite(house: House): void {
  test.each(PATHS)("GET %s finds nothing, and breaks nothing", async (path) => {
    const { status, type, text } = await getRaw(`${house.entry.url}`, path);
    expect([400, 404]).toContain(status);
    expect(text).not.toMatch(/"keys"|root:| {4}at /);
    if (status === 404) expect(type).toBe("application/problem+json");
  });

  test.each(["constructor", "__proto__", "hasOwnProperty", "../main", "main/", "MAIN", "main\0", "a".repeat(10_000)])(
    "%j is the name of no connection",
    async (connection) => {
      const answer = await house.entry.request("POST", "/v1/messages", { ...MESSAGE, connection });
      expect(answer).toMatchObject({ status: 404, body: { code: "connection-not-found" } });
    },
  );

  describe("a stored password", () => {
    test.each(CHANGES)("does not go along with %s", async (what, change) => {
      const name = `stolen/${what.replaceAll(" ", "-")}`;
      const stored = { name, host: "93.184.216.34", auth: { username: "u", password: "canary2-sesame" } };
      expect(await house.entry.request("POST", "/v1/connections", stored)).toMatchObject({ status: 201 });
      const answer = await house.entry.request("PATCH", `/v1/connections/${name}`, change);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/auth/password" }] } });
      const { body } = await house.entry.request("GET", `/v1/connections/${name}`);
      expect(body).toMatchObject({ host: "93.184.216.34", auth: { username: "u", password: "********" } });
      expect(JSON.stringify([answer.body, body])).not.toContain("sesame");
    });
  });

  test("no secret is in the log of the server", () => {
    expect(house.entry.log).toContain('"event":"request"');
    for (const secret of ["sesame", TOKEN, "AAAAAAAAAAAAAAAA"]) expect(house.entry.log).not.toContain(secret);
  });
}

function getRaw(
  url: string,
  path: string,
): Promise<{ status: number | undefined; type: string | undefined; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asking = request(
      { hostname, port, path, headers: { authorization: `Bearer ${TOKEN}` } },
      async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, type: response.headers["content-type"], text });
      },
    );
    asking.once("error", reject).end();
  });
}
