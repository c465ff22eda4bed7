import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCue } from "../support/cue.ts";
import { CLOSED_PORT } from "../support/free-port.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import type { SendRequest } from "./workers/mail-worker.ts";
import type { Outcome } from "./workers/outcome.ts";

const message = { from: "worker@example.com", to: "ada@example.com", subject: "Hello", text: "Sent by a Worker" };

describe.each([
  { how: "plain workerd", nodejsCompat: false },
  { how: "workerd with nodejs_compat", nodejsCompat: true },
])("edgeTransport in $how", ({ nodejsCompat }) => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker(new URL("./workers/mail-worker.ts", import.meta.url), { nodejsCompat });
  });
  afterAll(() => worker.close());

  const send = async (connection: SendRequest["connection"], more: Partial<SendRequest> = {}): Promise<Outcome> => {
    const request: SendRequest = { connection, messages: [message], ...more };
    const [outcome] = await worker.ask<Outcome[]>("/", request);
    return outcome ?? expect.unreachable("no outcome");
  };

  it("sends over STARTTLS with credentials, by the host's name", async () => {
    await using server = await startSmtpServer({ users: { ada: "canäry-canary" } });
    const auth = { username: "ada", password: "canäry-canary" };
    expect(await send({ host: "localhost", port: server.port, auth })).toMatchObject({
      receipt: { accepted: ["ada@example.com"], rejected: [], transport: "edge", reply: { code: 250 } },
    });
    expect(server.received[0]).toMatchObject({ secure: true, serverName: "localhost", username: "ada" });
    expect(server.received[0]?.text).toContain("Sent by a Worker");
  });

  it("sends over implicit TLS", async () => {
    await using server = await startSmtpServer({ security: "implicit" });
    const outcome = await send({ host: "localhost", port: server.port, security: "implicit" });
    expect(outcome).toMatchObject({ receipt: { accepted: ["ada@example.com"] } });
    expect(server.received[0]).toMatchObject({ secure: true, serverName: "localhost" });
  });

  it("sends in clear only where that is asked for", async () => {
    await using server = await startSmtpServer({ security: "none" });
    expect(await send({ host: "localhost", port: server.port })).toMatchObject({ error: { code: "tls-required" } });
    expect(await send({ host: "localhost", port: server.port, security: "none" })).toHaveProperty("receipt");
  });

  it("sends a message of several megabytes", async () => {
    await using server = await startSmtpServer();
    const content = "0123456789abcde\n".repeat(250_000);
    const messages = [{ ...message, attachments: [{ filename: "large.txt", content }] }];
    const outcome = await send({ host: "localhost", port: server.port }, { messages });
    expect(outcome).toHaveProperty("receipt");
    expect(server.received[0]?.raw.length).toBeGreaterThan(4_000_000);
  });

  it("keeps a session warm for all messages of a request", async () => {
    await using server = await startSmtpServer();
    const connection = { host: "localhost", port: server.port, pool: { maxConnections: 1 } };
    await send(connection, { messages: Array.from({ length: 20 }, () => message) });
    expect(server.received).toHaveLength(20);
    expect(server.connections).toBe(1);
  });

  it("says goodbye when it is closed", async () => {
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo();
      for (const answer of ["250 ok", "250 ok", "354 go on"]) {
        await dialogue.line();
        dialogue.say(`${answer}\r\n`);
      }
      await dialogue.body();
      dialogue.say("250 taken\r\n");
      await dialogue.line();
      dialogue.say("221 bye\r\n");
    });
    await send({ host: "localhost", port: server.port, security: "none" });
    expect(server.dialogues[0]?.sent).toMatch(/QUIT\r\n$/);
  });

  it.each(["wrongName", "expired", "selfSigned"] as const)("trusts no certificate that is %s", async (kind) => {
    const identity = (await testCertificates())[kind];
    await using byStartTls = await startSmtpServer({ identity, users: { ada: "canary" } });
    await using implicit = await startSmtpServer({ identity, security: "implicit", users: { ada: "canary" } });
    const auth = { username: "ada", password: "canary" };
    const failed = { error: { code: "tls-failed", phase: "tls", retryable: false } };
    expect(await send({ host: "localhost", port: byStartTls.port, auth })).toMatchObject(failed);
    expect(await send({ host: "localhost", port: implicit.port, security: "implicit", auth })).toMatchObject(failed);
    expect([...byStartTls.logins, ...implicit.logins]).toEqual([]);
  });

  it.each(["starttls", "implicit"] as const)(
    "shows in a staged test that the handshake failed: %s",
    async (security) => {
      await using server = await startSmtpServer({ identity: (await testCertificates()).expired, security });
      const connection = { host: "localhost", port: server.port, security };
      const stages = await worker.ask("/verify", { connection, messages: [] });
      expect(stages).toEqual(["connect ok", "tls tls-failed"]);
    },
  );

  it("tells a handshake that failed from a server that closed after it", async () => {
    const { server: identity } = await testCertificates();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.ehlo("STARTTLS");
      await dialogue.line();
      dialogue.say("220 go ahead\r\n");
      await dialogue.secure(identity);
      await dialogue.line();
      dialogue.end();
    });
    const outcome = await send({ host: "localhost", port: server.port });
    expect(outcome).toMatchObject({ error: { code: "connection-lost", phase: "ehlo", retryable: true } });
  });

  it("says so when implicit TLS meets a server that speaks in clear", async () => {
    await using server = await startSmtpServer();
    const outcome = await send({ host: "localhost", port: server.port, security: "implicit" });
    expect(outcome).toMatchObject({ error: { code: "tls-failed", retryable: false } });
    expect(outcome).toHaveProperty("error.message", expect.stringContaining('wants security "starttls"'));
  });

  it("says what may be wrong when nobody answers", async () => {
    for (const security of ["implicit", "starttls", "none"] as const) {
      const outcome = await send({ host: "localhost", port: CLOSED_PORT, security });
      expect(outcome).toMatchObject({ error: { code: "connect-failed", phase: "connect", retryable: true } });
      expect(outcome).toHaveProperty("error.message", expect.stringContaining("Cloudflare's own addresses"));
    }
  });

  it("gives up a handshake that does not come to an end", async () => {
    await using server = await startRawServer((dialogue) => dialogue.ended());
    const connection = {
      host: "localhost",
      port: server.port,
      security: "implicit",
      timeouts: { connectMs: 300 },
    } as const;
    expect(await send(connection)).toMatchObject({ error: { code: "timeout", phase: "connect", retryable: true } });
  });

  it("gives up when the caller does", async () => {
    await using cue = await startCue();
    await using server = await startRawServer(async (dialogue) => {
      dialogue.say("220 mail.test\r\n");
      await dialogue.line();
      cue.give();
      await dialogue.ended();
    });
    const outcome = await send({ host: "localhost", port: server.port }, { abortWhen: cue.url });
    expect(outcome).toMatchObject({ error: { code: "aborted", phase: "ehlo" } });
  });

  it("refuses what Workers cannot do before it connects", async () => {
    await using server = await startSmtpServer();
    const { ca, client } = await testCertificates();
    const { port } = server;
    const cannot: readonly [SendRequest["connection"], string][] = [
      [{ host: "localhost", port: 25, allowPort25: true, security: "none" }, "port"],
      [{ host: "localhost", port, tls: { rejectUnauthorized: false } }, "tls.rejectUnauthorized"],
      [{ host: "localhost", port, tls: { ca } }, "tls.ca"],
      [{ host: "localhost", port, tls: { cert: client.cert, key: client.key } }, "tls.cert"],
      [{ host: "localhost", port, tls: { minVersion: "TLSv1.3" } }, "tls.minVersion"],
      [{ host: "localhost", port, tls: { serverName: "mail.acme.com" } }, "tls.serverName"],
    ];
    for (const [connection, path] of cannot) {
      expect(await send(connection)).toMatchObject({
        error: { code: "unsupported", phase: "connect", issues: [path] },
      });
    }
    expect(server.connections).toBe(0);
  });

  it("tests a connection in stages", async () => {
    await using server = await startSmtpServer({ users: { ada: "canary" } });
    const connection = { host: "localhost", port: server.port, auth: { username: "ada", password: "wrong-canary" } };
    const stages = await worker.ask("/verify", { connection, messages: [] });
    expect(stages).toEqual(["connect ok", "tls ok", "ehlo ok", "auth auth-failed"]);
  });
});
