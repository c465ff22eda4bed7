import { existsSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "@edgepost/server/node";
import { expect, onTestFinished, test } from "vitest";
import { describeWithPostgres } from "../support/postgres.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { MESSAGE, TOKEN } from "./endpoint.ts";
import { temporaryFolder, usePostgres } from "./store/drivers.ts";

const KEYS = `${"A".repeat(43)}=`;
const HEADERS = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

describeWithPostgres("servers started with EDGEPOST_DATABASE", () => {
  const postgres = usePostgres();

  async function start(database: string, smtpPort: number, more: Readonly<Record<string, string>> = {}) {
    const main = { host: "127.0.0.1", port: smtpPort, security: "none" };
    const server = await startServer({
      EDGEPOST_API_KEY: TOKEN,
      EDGEPOST_PORT: "0",
      EDGEPOST_DATABASE: database,
      EDGEPOST_ENCRYPTION_KEYS: KEYS,
      EDGEPOST_CONNECTIONS: JSON.stringify({ main }),
      EDGEPOST_QUEUE_FIRST_DELAY_MS: "50",
      ...more,
    });
    onTestFinished(() => server.close());
    const ask = async (path: string, body?: object, headers = {}) => {
      const method = body === undefined ? "GET" : "POST";
      const request = { method, headers: { ...HEADERS, ...headers }, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${server.url}${path}`, request);
      return { status: response.status, body: await response.json() };
    };
    const later = (message: object) => ask("/v1/messages", message, { prefer: "respond-async" });
    const until = async (id: string, state: string) => {
      for (;;) {
        const { body } = await ask(`/v1/messages/${id}`).catch(() => ({ body: {} }));
        if (body.state === state) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    return { ...server, ask, later, until };
  }

  test("know the same connections, keys and messages, and leave no file", async () => {
    await using smtp = await startSmtpServer({ security: "none" });
    const database = await (await postgres()).createDatabase();
    const folder = join(temporaryFolder(), "data");
    const one = await start(database, smtp.port, { EDGEPOST_DATA: folder });
    const two = await start(database, smtp.port, { EDGEPOST_DATA: folder });
    const stored = { name: "stored", host: "8.8.8.8", auth: { username: "u", password: "canary2-sesame" } };
    expect((await one.ask("/v1/connections", stored)).status).toBe(201);
    expect((await two.ask("/v1/connections/stored")).body).toMatchObject({ auth: { password: "********" } });
    const { body } = await one.ask("/v1/messages", MESSAGE);
    expect((await two.ask(`/v1/messages/${body.id}`)).body).toMatchObject({ state: "sent", id: body.id });
    expect(existsSync(folder)).toBe(false);
  });

  test("one that starts does not take from another what that one is sending", async () => {
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: wait } = Promise.withResolvers<void>();
    await using smtp = await startSmtpServer({
      security: "none",
      beforeReply: (command) => {
        if (command !== "DATA") return undefined;
        wait();
        return mayAnswer;
      },
    });
    const database = await (await postgres()).createDatabase();
    const one = await start(database, smtp.port);
    const sending = one.ask("/v1/messages", MESSAGE);
    await waiting;
    const two = await start(database, smtp.port);
    const [listed] = (await two.ask("/v1/messages")).body.messages;
    expect(listed.state).toBe("sending");
    answer();
    expect((await sending).body).toMatchObject({ success: true });
  });

  // What was leased when it went away waits for the end of its lease: a minute.
  test("lose nothing when the database goes away and comes back", { timeout: 240_000 }, async () => {
    await using smtp = await startSmtpServer({ security: "none" });
    const database = await (await postgres()).createDatabase();
    const [one, two] = [await start(database, smtp.port), await start(database, smtp.port)];
    const sendAt = new Date(Date.now() + 500).toISOString();
    const before = await Promise.all(Array.from({ length: 20 }, () => one.later({ ...MESSAGE, sendAt })));
    const now = await Promise.all(Array.from({ length: 20 }, () => two.later(MESSAGE)));
    await (await postgres()).stop();
    expect((await one.later(MESSAGE)).status).toBe(500);
    expect((await one.ask("/readyz")).status).toBe(503);
    await (await postgres()).start();

    for (const { status, body } of [...before, ...now]) {
      expect(status).toBe(202);
      await two.until(body.id, "sent");
    }
    expect(smtp.received).toHaveLength(40);
    expect((await one.ask("/readyz")).status).toBe(200);
    expect((await one.ask("/v1/messages", MESSAGE)).body).toMatchObject({ success: true });
  });
});

test("the encryption keys have to be told along with it, and its password is told to nobody", async () => {
  const database = "postgres://edgepost:canary2-sesame@127.0.0.1:1/edgepost";
  const starting = startServer({ EDGEPOST_DATABASE: database });
  await expect(starting).rejects.toThrow(/EDGEPOST_ENCRYPTION_KEYS must be given along with EDGEPOST_DATABASE/);
  const refused = startServer({ EDGEPOST_DATABASE: database, EDGEPOST_ENCRYPTION_KEYS: KEYS });
  await expect(refused).rejects.toThrow(/ECONNREFUSED/);
  await expect(refused).rejects.not.toThrow(/sesame/);
});
