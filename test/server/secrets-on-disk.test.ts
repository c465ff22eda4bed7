import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "@edgepost/server/node";
import { expect, test } from "vitest";
import { startSmtpServer } from "../support/smtp-server.ts";
import { temporaryFolder } from "./store/drivers.ts";

const TOKEN = "test-token-of-the-disk-suite-0123456789abcde";

test("nothing secret lies in clear in the data folder, and nobody but its owner can read it", async () => {
  await using smtp = await startSmtpServer({ security: "none" });
  const folder = join(temporaryFolder(), "data");
  const server = await startServer({
    EDGEPOST_API_KEY: TOKEN,
    EDGEPOST_DATA: folder,
    EDGEPOST_PORT: "0",
    EDGEPOST_CONNECTIONS: JSON.stringify({ main: { host: "127.0.0.1", port: smtp.port, security: "none" } }),
  });
  const ask = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, string>;
  };
  await ask("/v1/connections", {
    name: "stored",
    host: "8.8.8.8",
    auth: { username: "somebody", password: "canary2-sesame" },
    tls: {
      cert: "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----",
      key: "-----BEGIN PRIVATE KEY-----\nsesame-key\n-----END PRIVATE KEY-----",
    },
  });
  const { token = "" } = await ask("/v1/keys", { name: "k", scopes: ["messages:send"] });
  const sent = await ask("/v1/messages", {
    connection: "main",
    from: "a@example.com",
    to: "b@example.com",
    text: "body-sesame",
  });
  expect(sent.success).toBe(true);

  const look = () => {
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) {
      const content = readFileSync(file, "latin1");
      expect(content, file).not.toContain("sesame");
      expect(content, file).not.toContain(TOKEN);
      expect(content, file).not.toContain(token.slice(20));
      expect(statSync(file).mode & 0o077, file).toBe(0);
    }
    expect(
      readFileSync(join(folder, "edgepost.db"), "latin1") + readFileSync(join(folder, "edgepost.db"), "utf16le"),
    ).not.toContain("sesame");
  };
  look();
  await server.close();
  look();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a folder opens again with the key it keeps, and not with another one", async () => {
  const folder = join(temporaryFolder(), "data");
  const variables = { EDGEPOST_DATA: folder, EDGEPOST_PORT: "0" };
  const first = await startServer(variables);
  expect(first.firstKey).toMatch(/^ep_/);
  await first.close();

  const second = await startServer(variables);
  expect(second.firstKey).toBeUndefined();
  const headers = { authorization: `Bearer ${first.firstKey}` };
  expect((await fetch(`${second.url}/v1/keys`, { headers })).status).toBe(200);
  await second.close();

  const other = { ...variables, EDGEPOST_ENCRYPTION_KEYS: `${"A".repeat(43)}=` };
  await expect(startServer(other)).rejects.toThrow("sealed with a key that is not here");
});
