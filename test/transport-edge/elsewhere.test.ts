import { createMailer } from "@edgepost/core";
import { connectCloudflare, edgeTransport } from "@edgepost/transport-edge";
import { type SmtpSessionNamespace, SmtpSessionObject } from "@edgepost/transport-edge/durable-object";
import { emailBindingTransport } from "@edgepost/transport-edge/email-binding";
import { workerMailerTransport } from "@edgepost/transport-edge/worker-mailer";
import { connectNode } from "@edgepost/transport-node/native";
import { describe, expect, it } from "vitest";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

// The same imports where there is no Cloudflare: in Node, where these tests run, and in development servers.

const message = { from: "worker@example.com", to: "ada@example.com", subject: "Hello", text: "From Node" };

describe("the edge transport outside Workers", () => {
  it("sends over Node's sockets", async () => {
    await using server = await startSmtpServer();
    const tls = { ca: (await testCertificates()).ca };
    await using mailer = createMailer({ transport: edgeTransport({ host: "localhost", port: server.port, tls }) });
    expect(await mailer.send(message)).toMatchObject({ accepted: ["ada@example.com"], transport: "edge" });
    expect(server.received[0]).toMatchObject({ secure: true });
    expect(connectCloudflare).toBe(connectNode);
  });

  it.each([
    ["worker-mailer", () => workerMailerTransport({ host: "localhost" })],
    ["email-binding", () => emailBindingTransport({ send: async () => undefined })],
  ])("says that %s is of Workers alone", async (_name, make) => {
    const mailer = createMailer({ transport: make() });
    await expect(mailer.send(message)).rejects.toMatchObject({ code: "unsupported", phase: "connect" });
  });
});

describe("SmtpSessionObject.transport", () => {
  const mailerOver = (fetch: (request: Request) => Promise<Response>, port = 587) => {
    const namespace: SmtpSessionNamespace = { idFromName: (name) => name, get: () => ({ fetch }) };
    const timeouts = { totalMs: 1_000 };
    return createMailer({
      transport: SmtpSessionObject.transport(namespace, { host: "localhost", port, security: "none", timeouts }),
    });
  };

  it("works wherever the class does", async () => {
    await using server = await startSmtpServer({ security: "none" });
    const object = new SmtpSessionObject();
    const mailer = mailerOver((request) => object.fetch(request), server.port);
    expect(await mailer.send(message)).toMatchObject({ accepted: ["ada@example.com"] });
  });

  it("names the object by user, host and port, and by nothing secret", async () => {
    const names: string[] = [];
    const namespace: SmtpSessionNamespace = {
      idFromName: (name) => names.push(name),
      get: () => ({ fetch: async () => Response.json({ value: {} }) }),
    };
    const auth = { username: "ada", password: "canary" };
    await createMailer({ transport: SmtpSessionObject.transport(namespace, { host: "mail.acme.com", auth }) }).send(
      message,
    );
    expect(names).toEqual(["ada@mail.acme.com:587"]);
  });

  it.each([
    ["breaks off", () => Promise.reject(new Error("Durable Object reset because its code was updated."))],
    ["fails", async () => new Response("Internal error", { status: 500 })],
  ])("knows nothing of a message when the object %s", async (_how, fetch) => {
    await expect(mailerOver(fetch).send(message)).rejects.toMatchObject({ code: "delivery-unknown", retryable: false });
  });

  it("tells the object to give up when the caller does", async () => {
    const asked: string[] = [];
    const silent = async (request: Request): Promise<Response> => {
      asked.push(/"action":"(\w+)"/.exec(await request.text())?.[1] ?? "");
      return asked.length === 1 ? new Promise(() => {}) : Response.json({ value: null });
    };
    const controller = new AbortController();
    const sending = mailerOver(silent).send(message, { signal: controller.signal });
    await expect.poll(() => asked).toEqual(["send"]);
    controller.abort();
    await expect(sending).rejects.toMatchObject({ code: "delivery-unknown", retryable: false });
    expect(asked).toEqual(["send", "abort"]);
  });
});
