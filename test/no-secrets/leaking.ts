import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { MailError, parseConnection } from "@edgepost/core";
import { test } from "vitest";
import { testEndpoint } from "../server/endpoint.ts";
import { CANARY, PASSWORD, USERNAME } from "../support/credentials.ts";
import { failureOf, greeted, playScript, readyMail } from "../support/engine.ts";
import { allowSecretInClear } from "./leaks.ts";

// Run by no-secrets.test.ts alone. Each test shows a secret in another way, and would pass if nobody looked.

const inBase64 = Buffer.from(`\0${USERNAME}\0${PASSWORD}`).toString("base64");
const inClear = { security: "none", allowClearText: true } as const;
const auth = { username: USERNAME, password: PASSWORD };
const login = `${greeted("AUTH PLAIN")}C: AUTH PLAIN ${inBase64}\nS: 535 no\n-- ignore --`;

test("console", () => console.warn("logging in", { password: PASSWORD }));

test("standard output", () => process.stdout.write(`AUTH PLAIN ${inBase64}\n`));

test("another process", async () => {
  const child = spawn(process.execPath, ["-e", `console.error("${Buffer.from(PASSWORD).toString("hex")}")`]);
  await once(child, "close");
});

test("message of an error", () => void new MailError("auth-failed", `${PASSWORD} is wrong`, { phase: "auth" }));

test("cause of an error", () => {
  const cause = Object.assign(new Error("refused"), { command: `AUTH PLAIN ${inBase64}` });
  void new MailError("auth-failed", "It failed.", { phase: "auth", cause });
});

test("issue of an error", () => {
  void new MailError("invalid-connection", "", { phase: "input", issues: [{ path: "auth", message: PASSWORD }] });
});

test("trace", async () => {
  const { transport } = playScript(`S: 220 ${PASSWORD}\nC: EHLO me.example\n-- close --`);
  await failureOf(transport.send(readyMail()));
});

test("log of the server", async () => void (await testEndpoint().ask("GET", `/v1/${CANARY}`)));

test("socket without TLS, in two pieces", async () => {
  const server = createServer((socket) => socket.resume().on("end", () => socket.end()));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, noDelay: true }).resume();
  client.write(`AUTH PLAIN ${inBase64.slice(0, 30)}`, () => setImmediate(() => client.end(inBase64.slice(30))));
  await once(client, "close");
  server.close();
});

test("session of the engine without TLS", async () => {
  const { transport } = playScript(login, { connection: { ...inClear, auth } });
  await failureOf(transport.send(readyMail()));
});

test("password that nobody would notice", () => {
  parseConnection({ host: "mail.example", auth: { username: USERNAME, password: "swordfish" } });
});

test("token that nobody would notice", async () => {
  const token = Buffer.from(`user=${USERNAME}\x01auth=Bearer swordfish\x01\x01`).toString("base64");
  const { transport } = playScript(`${greeted("AUTH XOAUTH2")}C: AUTH XOAUTH2 ${token}\n-- close --`, {
    connection: { security: "implicit", auth: { username: USERNAME, accessToken: () => "swordfish" } },
  });
  await failureOf(transport.send(readyMail()));
});

test("permission without need", allowSecretInClear);

test("nothing: a secret in clear that the test allows", async () => {
  allowSecretInClear();
  const { transport } = playScript(login, { connection: { ...inClear, auth } });
  await failureOf(transport.send(readyMail()));
});
