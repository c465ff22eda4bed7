import type { SmtpConnection } from "@edgepost/core";
import { createServer, type ServerOptions } from "@edgepost/server";
import { embeddedQueue } from "@edgepost/server/node";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import { describe, expect, onTestFinished, test } from "vitest";
import { createTranscript } from "../../packages/server/src/messages/transcript.ts";
import { type Refusal, startSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { TOKEN } from "./endpoint.ts";

const { ca } = await testCertificates();
const PASSWORD = "canary-password";
const SMALL = "0123456789abcdef0123456789abcdef";
const MESSAGE = { connection: "main", from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Unheard-of." };

describe.each([
  { name: "nodeTransport", transport: nodeTransport },
  { name: "nativeTransport", transport: nativeTransport },
])("a transcript, over $name,", ({ transport }) => {
  async function open(options: Partial<ServerOptions> & { smtp?: TestSmtpServerOptions; main?: object } = {}) {
    const { smtp, main, ...server } = options;
    const mailServer = await startSmtpServer({ users: { ada: PASSWORD }, ...smtp });
    const { host, port } = mailServer;
    const connection: SmtpConnection = { host, port, tls: { ca }, auth: { username: "ada", password: PASSWORD } };
    const app = createServer({
      transport,
      connections: { main: { ...connection, ...main } },
      keys: [
        { name: "test", token: TOKEN },
        { name: "small", token: SMALL, scopes: ["messages:read", "keys:write"] },
      ],
      outbox: embeddedQueue(),
      ...server,
    });
    app.start();
    onTestFinished(async () => {
      await app.close();
      await mailServer.close();
    });
    const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
      const response = await app.request(path, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return response.json();
    };
    return { ask, transcripts: (id: string, token = TOKEN) => readTranscripts(ask, id, token) };
  }

  test("of what was sent at once is kept where the server says so, without credentials and content", async () => {
    const { ask, transcripts } = await open({ keepTranscripts: true });
    const { id } = await ask("POST", "/v1/messages", MESSAGE);
    const lines = (await transcripts(id))[0] ?? [];
    expect(lines[0]).toMatch(/^S: 220/);
    expect(lines).toContain("C: RCPT TO:<b@example.com>");
    expect(lines.at(-1)).toMatch(/^S: 250/);
    for (const secret of [PASSWORD, btoa(`\0ada\0${PASSWORD}`), "Unheard-of."]) {
      expect(lines.join("\n")).not.toContain(secret);
    }
  });

  test("of what waits is kept where its connection says so, of each attempt its own", async () => {
    const refuseRecipient: Record<string, Refusal> = { "b@example.com": { code: 451, text: "Later" } };
    const { ask, transcripts } = await open({
      smtp: { refuseRecipient },
      main: { delivery: { keepTranscripts: true } },
    });
    const { id } = await ask("POST", "/v1/messages", MESSAGE, { prefer: "respond-async" });
    await until(ask, id, "deferred");
    delete refuseRecipient["b@example.com"];
    await ask("POST", `/v1/messages/${id}/retry`, {});
    await until(ask, id, "sent");
    const [first, second] = (await transcripts(id)).map((lines) => lines ?? []);
    expect(first).toContainEqual(expect.stringMatching(/^S: 451 .*Later/));
    expect(second).toContain("C: RCPT TO:<b@example.com>");
    expect(second?.join("\n")).not.toContain("451");
  });

  test("of a connection that was refused is kept, too, and shown to those who may change connections", async () => {
    const main = { auth: { username: "ada", password: "canary-wrong" } };
    const { ask, transcripts } = await open({ keepTranscripts: true, main });
    await ask("POST", "/v1/messages", MESSAGE);
    const { messages } = await ask("GET", "/v1/messages");
    const [lines] = await transcripts(messages[0].id);
    expect(lines).toContainEqual(expect.stringMatching(/^S: 535/));
    expect(await transcripts(messages[0].id, SMALL)).toEqual([[]]);
  });

  test("is shown to others from the message on", async () => {
    const { ask, transcripts } = await open({ keepTranscripts: true });
    const { id } = await ask("POST", "/v1/messages", MESSAGE);
    const lines = (await transcripts(id, SMALL))[0] ?? [];
    expect(lines[0]).toMatch(/^C: MAIL FROM:<a@example.com>/);
  });

  test("is not kept where nobody says so, or where its connection says not to", async () => {
    for (const options of [{}, { keepTranscripts: true, main: { delivery: { keepTranscripts: false } } }]) {
      const { ask, transcripts } = await open(options);
      const { id } = await ask("POST", "/v1/messages", MESSAGE);
      expect(await transcripts(id)).toEqual([null]);
    }
  });
});

test("a transcript has an end, whatever a server says", () => {
  const transcript = createTranscript();
  for (let line = 0; line < 100_000; line++) transcript.add(`S: 250-${line} ${"x".repeat(10_000)}`);
  const lines = transcript.lines();
  expect(lines).toHaveLength(101);
  expect(lines[39]).toContain("250-39 ");
  expect(lines[40]).toBe("… 99900 lines");
  expect(lines[100]).toContain("250-99999 ");
  expect(Math.max(...lines.map(({ length }) => length))).toBe(300);
});

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer is what it checks.
type Ask = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<any>;

async function readTranscripts(ask: Ask, id: string, token: string): Promise<readonly (readonly string[] | null)[]> {
  const { attempts } = await ask("GET", `/v1/messages/${id}/events`, undefined, { authorization: `Bearer ${token}` });
  return attempts.map(({ transcript }: { transcript: readonly string[] | null }) => transcript);
}

async function until(ask: Ask, id: string, state: string): Promise<void> {
  while ((await ask("GET", `/v1/messages/${id}`)).state !== state) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
