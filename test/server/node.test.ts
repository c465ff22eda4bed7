import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { startServer } from "@edgepost/server/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSmtpServer, type TestSmtpServer, type TestSmtpServerOptions } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { MESSAGE, TOKEN } from "./endpoint.ts";

const ENTRY = new URL("../../packages/server/src/node.ts", import.meta.url).pathname;

async function mailServer(options: TestSmtpServerOptions = {}): Promise<TestSmtpServer> {
  const server = await startSmtpServer({ users: { user: "canary2-sesame" }, ...options });
  onTestFinished(() => server.close());
  return server;
}

async function environmentFor({ host, port }: TestSmtpServer): Promise<Record<string, string>> {
  const main = {
    host,
    port,
    auth: { username: "user", password: "canary2-sesame" },
    tls: { ca: (await testCertificates()).ca, serverName: "localhost" },
  };
  return {
    EDGEPOST_API_KEY: TOKEN,
    EDGEPOST_PORT: "0",
    EDGEPOST_DATA: ":memory:",
    EDGEPOST_CONNECTIONS: JSON.stringify({ main }),
  };
}

function post(url: string, body: unknown = MESSAGE): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  return fetch(`${url}/v1/messages`, { method: "POST", headers, body: JSON.stringify(body) });
}

/** A mail server that holds back its answer to the final dot until it is told. */
async function slowMailServer() {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const { promise: waiting, resolve: wait } = Promise.withResolvers<void>();
  const server = await mailServer({
    beforeReply: (command) => {
      if (command !== "DATA") return undefined;
      wait();
      return mayAnswer;
    },
  });
  return { server, waiting, answer };
}

describe("startServer", () => {
  test("sends over HTTP and SMTP, each on a real port", async () => {
    const smtp = await mailServer();
    const server = await startServer(await environmentFor(smtp));
    onTestFinished(() => server.close());

    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await post(server.url);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ success: true, accepted: ["b@example.com"] });
    expect(smtp.received).toMatchObject([
      { envelope: { from: "a@example.com", to: ["b@example.com"] }, secure: true, username: "user" },
    ]);
  });

  test("answers with the refusal of the mail server", async () => {
    const smtp = await mailServer({ refuseRecipient: { "b@example.com": { code: 550, text: "No such user" } } });
    const server = await startServer(await environmentFor(smtp));
    onTestFinished(() => server.close());

    const response = await post(server.url);
    expect(response.status).toBe(424);
    expect(await response.json()).toMatchObject({
      code: "recipients-rejected",
      phase: "rcpt",
      retryable: false,
      rejected: [{ address: "b@example.com", reply: { code: 550 } }],
    });
  });

  test("a body that is too large is refused while it is still being sent", async () => {
    const server = await startServer({ EDGEPOST_API_KEY: TOKEN, EDGEPOST_DATA: ":memory:", EDGEPOST_PORT: "0" });
    onTestFinished(() => server.close());
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n` +
        "Content-Type: application/json\r\nContent-Length: 1000000000000\r\n\r\n{",
    );
    const [answer] = await new Promise<string[]>((resolve) => {
      socket.once("data", (data) => resolve([String(data)]));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("a port that is taken is an error, not a process that does nothing", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    await expect(
      startServer({ EDGEPOST_API_KEY: TOKEN, EDGEPOST_DATA: ":memory:", EDGEPOST_PORT: String(port) }),
    ).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  test("closing waits for the message that is being sent, and takes no more requests", async () => {
    const { server: smtp, waiting, answer } = await slowMailServer();
    const server = await startServer(await environmentFor(smtp));
    const sending = post(server.url);
    await waiting;
    const closing = server.close();

    await expect(post(server.url)).rejects.toThrow();
    answer();
    expect((await sending).status).toBe(200);
    await closing;
    expect(smtp.received).toHaveLength(1);
  });

  test("closing waits no longer than it was told to", async () => {
    const { server: smtp, waiting, answer } = await slowMailServer();
    const server = await startServer({ ...(await environmentFor(smtp)), EDGEPOST_SHUTDOWN_MS: "50" });
    const sending = post(server.url);
    sending.catch(() => {});
    await waiting;
    await server.close();
    await expect(sending).rejects.toThrow();
    answer();
  });
});

describe("node dist/node.js", () => {
  function run(variables: Record<string, string>) {
    const child = spawn(process.execPath, ["--conditions=@edgepost/source", ENTRY], {
      env: { PATH: process.env.PATH, ...variables },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const output = { stdout: "", stderr: "" };
    const { promise: listening, resolve: listen } = Promise.withResolvers<string>();
    child.stderr.on("data", (data) => {
      output.stderr += data;
    });
    child.stdout.on("data", (data) => {
      output.stdout += data;
      const [, url] = /"url":"([^"]+)"/.exec(output.stdout) ?? [];
      if (url !== undefined) listen(url);
    });
    const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, output, listening, exitCode };
  }

  test("stops at once when a variable is wrong, names it and repeats no secret", async () => {
    const { output, exitCode } = run({ EDGEPOST_API_KEY: "canary2", EDGEPOST_PORT: "eighty" });
    expect(await exitCode).toBe(1);
    expect(output.stdout).toBe("");
    expect(output.stderr).toContain("EDGEPOST_API_KEY must be");
    expect(output.stderr).toContain("EDGEPOST_PORT must be");
    expect(output.stderr).not.toContain("canary2");
    expect(output.stderr).not.toContain(" at ");
  });

  test("serves, finishes what is being sent on SIGTERM, and logs no secret", async () => {
    const { server: smtp, waiting, answer } = await slowMailServer();
    const { child, output, listening, exitCode } = run(await environmentFor(smtp));

    const sending = post(await listening);
    await waiting;
    child.kill("SIGTERM");
    answer();

    expect((await sending).status).toBe(200);
    expect(await exitCode).toBe(0);
    expect(smtp.received).toHaveLength(1);
    const events = output.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).event);
    expect(events).toEqual(["listening", "request"]);
    expect(output.stdout + output.stderr).not.toContain("canary2");
    expect(output.stdout + output.stderr).not.toContain(TOKEN);
  });
});
