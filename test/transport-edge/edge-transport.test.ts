import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSmtpServer } from "../support/smtp-server.ts";
import { startWorker, type TestWorker } from "../support/workerd.ts";
import type { Sent } from "./workers/mail-worker.ts";

describe.each([{ nodejsCompat: false }, { nodejsCompat: true }])("edgeTransport in workerd, %o", (options) => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await startWorker(new URL("./workers/mail-worker.ts", import.meta.url), options);
  });
  afterAll(() => worker.close());

  it("sends over STARTTLS, authenticated", async () => {
    await using server = await startSmtpServer({ users: { ada: "secret" } });
    const sent = await worker.ask<Sent[]>("/", {
      connection: { host: "localhost", port: server.port, auth: { username: "ada", password: "secret" } },
      messages: [{ from: "a@example.com", to: "b@example.com", subject: "Hello", text: "From a Worker" }],
    });
    expect(sent).toMatchObject([{ receipt: { accepted: ["b@example.com"], transport: "edge" } }]);
    expect(server.received[0]).toMatchObject({ secure: true, serverName: "localhost", username: "ada" });
  });
});
