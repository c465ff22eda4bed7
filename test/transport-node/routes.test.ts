import dns from "node:dns";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { buildMime } from "@edgepost/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { allowSecretInClear } from "../no-secrets/leaks.ts";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { startHttpProxy, startSocksProxy } from "../support/proxies.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

const mail = await buildMime({ from: "ada@example.com", to: "grace@example.com", subject: "Hello", text: "Hello" });
const { ca, wrongName } = await testCertificates();

describe.each(nodeTransports)("$name", ({ create }) => {
  describe.each([
    { kind: "SOCKS5", scheme: "socks5", start: startSocksProxy },
    { kind: "HTTP CONNECT", scheme: "http", start: startHttpProxy },
  ])("through a $kind proxy", ({ scheme, start }) => {
    test("lets the proxy find the server, and checks the certificate for the server's name", async () => {
      await using server = await startSmtpServer({ identity: wrongName, users: { ada: "canary" } });
      await using proxy = await start({ leadTo: server.port });
      const transport = create(
        { host: "mail.elsewhere.example", tls: { ca }, auth: { username: "ada", password: "canary" } },
        { proxy: `${scheme}://127.0.0.1:${proxy.port}` },
      );
      await transport.send(mail);
      await transport.send(mail);
      await transport.close?.();
      expect(proxy.destinations).toEqual(["mail.elsewhere.example:587"]);
      expect(server.received).toMatchObject([
        { secure: true, serverName: "mail.elsewhere.example", username: "ada" },
        { secure: true },
      ]);
    });

    test("shows its credentials to the proxy", async () => {
      if (scheme === "socks5") allowSecretInClear(); // RFC 1929 knows no other way
      await using server = await startSmtpServer({ security: "none" });
      await using proxy = await start({ leadTo: server.port, credentials: "user:canary@ss" });
      const transport = create(
        { host: "192.0.2.1", security: "none" },
        { proxy: new URL(`${scheme}://user:canary%40ss@127.0.0.1:${proxy.port}`) },
      );
      await transport.send(mail);
      await transport.close?.();
      expect(proxy).toMatchObject({ destinations: ["192.0.2.1:587"], credentials: ["user:canary@ss"] });
    });

    test("fails when the proxy refuses, without a word of its credentials", async () => {
      if (scheme === "socks5") allowSecretInClear();
      await using proxy = await start({ leadTo: 9, credentials: "user:right" });
      const transport = create(
        { host: "192.0.2.1", security: "none" },
        { proxy: `${scheme}://user:canary-and-wrong@127.0.0.1:${proxy.port}` },
      );
      const error = await failureOf(transport.send(mail));
      expect(error).toMatchObject({ code: "connect-failed", phase: "connect", retryable: true });
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("canary");
      await transport.close?.();
    });

    test("fails when there is no proxy", async () => {
      const gone = await startRawServer(() => {});
      await gone.close();
      const transport = create(
        { host: "192.0.2.1", security: "none" },
        { proxy: `${scheme}://127.0.0.1:${gone.port}` },
      );
      expect(await failureOf(transport.send(mail))).toMatchObject({ code: "connect-failed", phase: "connect" });
      await transport.close?.();
    });

    test("stops waiting for a proxy that does not answer", async () => {
      await using silent = await startRawServer((dialogue) => dialogue.ended());
      const transport = create(
        { host: "192.0.2.1", security: "none", timeouts: { connectMs: 150 } },
        { proxy: `${scheme}://127.0.0.1:${silent.port}` },
      );
      expect(await failureOf(transport.send(mail))).toMatchObject({ code: "timeout", phase: "connect" });
      await transport.close?.();
    });
  });

  test("tries all addresses of a name, of both families, until one answers", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const addresses = [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    const lookup = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((_host: string, _options: unknown, done: unknown) =>
        (done as (error: null, found: typeof addresses) => void)(null, addresses)) as typeof dns.lookup);
    onTestFinished(() => lookup.mockRestore());
    const transport = create({ host: "both.example", port: server.port, security: "none" });
    await transport.send(mail);
    await transport.close?.();
    expect(server.received).toHaveLength(1);
  });

  test("sends over a UNIX socket", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const folder = await mkdtemp(join(tmpdir(), "smtp-"));
    const socketPath = join(folder, "socket");
    const relay = createServer((client) => client.pipe(connect(server.port, "127.0.0.1")).pipe(client));
    await new Promise<void>((resolve) => relay.listen(socketPath, resolve));
    const transport = create({ host: "localhost", security: "none" }, { socketPath });
    await transport.send(mail);
    await transport.close?.();
    expect(server.received).toHaveLength(1);
    relay.close();
    await rm(folder, { recursive: true });
  });

  test("fails when there is no such UNIX socket", async () => {
    const transport = create({ host: "localhost", security: "none" }, { socketPath: "/nowhere/at/all" });
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({ code: "connect-failed" });
    expect(error.message).toContain("/nowhere/at/all");
    await transport.close?.();
  });

  test("uses sockets of the caller's own, connected or connecting", async () => {
    await using server = await startSmtpServer({ security: "implicit" });
    const asked: unknown[] = [];
    const openSocket = (to: { host: string; port: number }) => {
      asked.push(to);
      return connect(server.port, "127.0.0.1");
    };
    const transport = create({ host: "localhost", port: 465, tls: { ca } }, { openSocket });
    await transport.send(mail);
    await transport.close?.();
    expect(asked).toMatchObject([{ host: "localhost", port: 465 }]);
    expect(server.received[0]?.secure).toBe(true);
  });

  test("fails when the caller's own socket cannot be opened", async () => {
    const openSocket = () => Promise.reject(new Error("the tunnel is down"));
    const transport = create({ host: "localhost", security: "none" }, { openSocket });
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({ code: "connect-failed", retryable: true });
    expect(error.message).toContain("the tunnel is down");
    await transport.close?.();
  });

  test.each([
    [{ proxy: "ftp://proxy:21" }, ["proxy"]],
    [{ proxy: "not a url" }, ["proxy"]],
    [{ proxy: "socks5://proxy", socketPath: "/run/smtp" }, ["proxy", "socketPath"]],
  ])("refuses %j before anything is connected", (options, paths) => {
    expect(() => create({ host: "localhost" }, options)).toThrow(
      expect.objectContaining({
        code: "invalid-connection",
        issues: paths.map((path) => expect.objectContaining({ path })),
      }),
    );
  });
});
