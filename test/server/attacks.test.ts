import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startServer } from "@edgepost/server/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { MESSAGE, TOKEN } from "./endpoint.ts";
import { startNodeEntry } from "./entries.ts";
import { temporaryFolder } from "./store/drivers.ts";

test("a sealed password that was copied to another row of the database goes nowhere", async () => {
  await using smtp = await startSmtpServer({ users: { thief: "own-canary" } });
  const tls = { ca: (await testCertificates()).ca };
  const folder = join(temporaryFolder(), "data");
  const variables = {
    EDGEPOST_API_KEY: TOKEN,
    EDGEPOST_DATA: folder,
    EDGEPOST_PORT: "0",
    EDGEPOST_ENCRYPTION_KEYS: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    EDGEPOST_ALLOW_HOSTS: "localhost",
    EDGEPOST_ALLOW_PORTS: `587,${smtp.port}`,
  };
  const start = async () => {
    const server = await startServer(variables);
    const ask = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      return fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    };
    return { ask, close: server.close };
  };

  const before = await start();
  const auth = { username: "thief", password: "own-canary" };
  const victim = { name: "victim", host: "93.184.216.34", auth: { username: "victim", password: "canary2-sesame" } };
  const thief = { name: "thief", host: "localhost", port: smtp.port, auth, tls };
  for (const stored of [victim, thief]) expect((await before.ask("/v1/connections", stored)).status).toBe(201);
  expect((await before.ask("/v1/messages", { ...MESSAGE, connection: "thief" })).status).toBe(200);
  await before.close();

  const database = new DatabaseSync(join(folder, "edgepost.db"));
  database.exec(
    "UPDATE connections SET secrets = (SELECT secrets FROM connections WHERE name = 'victim') WHERE name = 'thief'",
  );
  database.close();

  const after = await start();
  onTestFinished(() => after.close());
  const response = await after.ask("/v1/messages", { ...MESSAGE, connection: "thief" });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("sesame");
  expect(smtp.logins.map(({ secret }) => secret)).toEqual(["own-canary"]);
});

describe("clients that never finish what they say", () => {
  const HEAD = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`;

  test.each([
    ["in the request line", "POST /v1/mess"],
    ["in a header", HEAD.slice(0, -10)],
    ["in a body", `${HEAD}Content-Length: 1000\r\n\r\n{"conn`],
    ["in a chunk", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a`],
  ])("%s keep nobody else from being served, and no server from closing", async (_where, beginning) => {
    await using smtp = await startSmtpServer({ users: { user: "canary2-sesame" } });
    const entry = await startNodeEntry(smtp, { variables: { EDGEPOST_SHUTDOWN_MS: "100" } });
    const { hostname, port } = new URL(entry.url);
    const sockets = await Promise.all(Array.from({ length: 200 }, () => open(hostname, Number(port), beginning)));
    expect(await entry.request("POST", "/v1/messages", MESSAGE)).toMatchObject({ status: 200 });

    const closed = sockets.map((socket) => once(socket, "close"));
    await entry[Symbol.asyncDispose]();
    await Promise.all(closed);
  });

  test("leave nothing in the log of messages", async () => {
    await using smtp = await startSmtpServer({ users: { user: "canary2-sesame" } });
    await using entry = await startNodeEntry(smtp);
    const { hostname, port } = new URL(entry.url);
    const socket = await open(hostname, Number(port), `${HEAD}Content-Length: 1000\r\n\r\n{"conn`);
    const answered = once(socket, "close");
    socket.destroy();
    await answered;
    expect((await entry.request("GET", "/v1/messages")).body.messages).toEqual([]);
    expect(smtp.connections).toBe(0);
  });
});

describe("requests two readers would read differently", () => {
  test.each([
    ["two lengths", "Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}"],
    [
      "a length and chunks",
      "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/keys HTTP/1.1\r\n\r\n",
    ],
    ["a length that is none", "Content-Length: +2\r\n\r\n{}"],
    ["a header with a space before its colon", "Idempotency-Key : 1\r\nContent-Length: 2\r\n\r\n{}"],
    ["a header over two lines", "X-A: 1\r\n Content-Length: 2\r\n\r\n{}"],
  ])("%s is a 400 and the end of the connection", async (_what, rest) => {
    await using smtp = await startSmtpServer();
    await using entry = await startNodeEntry(smtp);
    const { hostname, port } = new URL(entry.url);
    const head = `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`;
    const socket = await open(hostname, Number(port), head + rest);
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

async function open(hostname: string, port: number, beginning: string): Promise<Socket> {
  const socket = connect(port, hostname);
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(beginning);
  return socket;
}
