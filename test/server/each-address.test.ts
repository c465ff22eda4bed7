import { buildMime, isMailError, MailError, type SmtpConnection, type Transport } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { eachAddress } from "../../packages/server/src/connections/each-address.ts";
import { freePort } from "../support/free-port.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { acceptAll, MESSAGE, testEndpoint } from "./endpoint.ts";

const MAIL = await buildMime({ from: "a@example.com", to: "b@example.com", text: "Hello" });

/** What each address does, by what it throws; one that throws nothing takes the mail. */
function open(faults: Readonly<Record<string, MailError | undefined>>) {
  const asked: string[] = [];
  const closed: string[] = [];
  const transport = eachAddress(Object.keys(faults), (address): Transport => {
    const answer = async <Result>(result: Result): Promise<Result> => {
      asked.push(address);
      if (faults[address] !== undefined) throw faults[address];
      return result;
    };
    return {
      name: "test",
      send: (mail) => answer(acceptAll(mail)),
      verify: async () =>
        answer({ ok: true, stages: [] }).catch((error) => ({
          ok: false,
          stages: [{ stage: "connect" as const, ok: false, ms: 1, error }],
        })),
      async close() {
        closed.push(address);
      },
    };
  });
  return { transport, asked, closed };
}

const unreachable = new MailError("connect-failed", "refused", { phase: "connect" });
const silent = new MailError("timeout", "silent", { phase: "connect" });

describe("a name with several addresses", () => {
  test.each([unreachable, silent])(
    "is reached at the next when one is not there, which is then remembered",
    async (fault) => {
      const { transport, asked } = open({ one: fault, two: undefined, three: undefined });
      await transport.send(MAIL);
      await transport.send(MAIL);
      expect(await transport.verify?.()).toMatchObject({ ok: true });
      expect(asked).toEqual(["one", "two", "two", "two"]);
    },
  );

  test.each([
    new MailError("greeting-rejected", "no", { phase: "greeting" }),
    new MailError("tls-failed", "bad certificate", { phase: "tls" }),
    new MailError("timeout", "silent", { phase: "greeting" }),
    new MailError("delivery-unknown", "lost", { phase: "body" }),
    new MailError("recipients-rejected", "no", { phase: "rcpt" }),
  ])("is not asked elsewhere after $code in $phase", async (fault) => {
    const { transport, asked } = open({ one: fault, two: undefined });
    await expect(transport.send(MAIL)).rejects.toBe(fault);
    expect(asked).toEqual(["one"]);
  });

  test("is out of reach when all are, and of many only four are tried", async () => {
    const faults = Object.fromEntries(["1", "2", "3", "4", "5"].map((address) => [`a${address}`, unreachable]));
    const { transport, asked, closed } = open(faults);
    await expect(transport.send(MAIL)).rejects.toBe(unreachable);
    expect(asked).toEqual(["a1", "a2", "a3", "a4"]);
    expect(await transport.verify?.()).toMatchObject({ ok: false, stages: [{ error: unreachable }] });
    await transport.close?.();
    expect(closed).toEqual(["a1", "a2", "a3", "a4"]);
  });

  test("is connected to at the address that answers, with its certificate checked for the name", async () => {
    await using smtp = await startSmtpServer({ users: { user: "a-canary" } });
    // The server is on 127.0.0.1 alone.
    const endpoint = testEndpoint({
      hosts: { resolve: async () => ["127.0.0.2", "127.0.0.1"], allow: ["localhost"], ports: [smtp.port] },
      transport: nodeTransport,
    });
    onTestFinished(() => endpoint.app.close());
    const stored: SmtpConnection & { name: string } = {
      name: "stored",
      host: "localhost",
      port: smtp.port,
      auth: { username: "user", password: "a-canary" },
      tls: { ca: (await testCertificates()).ca },
    };
    expect((await endpoint.ask("POST", "/v1/connections", stored)).status).toBe(201);
    const answer = await endpoint.ask("POST", "/v1/messages", { ...MESSAGE, connection: "stored" });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    expect(smtp.received).toMatchObject([{ secure: true, serverName: "localhost" }]);
  });
});

test("the fault of a name whose addresses are all out of reach is told", async () => {
  const port = await freePort();
  const transport = eachAddress(["127.0.0.1", "127.0.0.2"], (host) => nodeTransport({ host, port, security: "none" }));
  const error: unknown = await transport.send(MAIL).catch((thrown: unknown) => thrown);
  expect(isMailError(error) && error.code).toBe("connect-failed");
});
