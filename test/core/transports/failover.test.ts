import type { MailErrorCode, Transport } from "@edgepost/core";
import { buildMime, createMailer, MailError, withFailover } from "@edgepost/core";
import type { MemoryTransport } from "@edgepost/core/testing";
import { memoryTransport, transportContract } from "@edgepost/core/testing";
import { describe, expect, it, test } from "vitest";

const build = (more: object = {}) =>
  buildMime({ from: "me@acme.example", to: "a@example.com, b@example.com", text: "Hello", ...more });
const never = { code: 550, text: "Never" };

function failing(code: MailErrorCode, retryable: boolean, name = "first"): MemoryTransport {
  return memoryTransport({ name, fail: () => new MailError(code, `It was ${code}.`, { phase: "connect", retryable }) });
}

describe("withFailover", () => {
  it("uses the first as long as it works", async () => {
    const [first, second] = [memoryTransport({ name: "first" }), memoryTransport({ name: "second" })];
    expect(await withFailover([first, second]).send(await build())).toMatchObject({ transport: "first" });
    expect(second.sent).toEqual([]);
  });

  it.each<[MailErrorCode, boolean]>([
    ["connect-failed", true],
    ["connection-lost", true],
    ["timeout", true],
    ["rate-limited", true],
    ["greeting-rejected", false],
    ["sender-rejected", true],
    ["recipients-rejected", true],
    ["message-rejected", true],
    ["tls-failed", false],
    ["tls-required", false],
    ["auth-failed", false],
    ["auth-unsupported", false],
    ["auth-insecure", false],
    ["protocol-error", false],
    ["unsupported", false],
    ["smtputf8-unsupported", false],
    ["message-too-large", false],
    ["closed", false],
  ])("goes on to the second after %s (retryable: %s)", async (code, retryable) => {
    const second = memoryTransport({ name: "second" });
    const mail = await build();
    const receipt = await withFailover([failing(code, retryable), second]).send(mail);
    expect(receipt).toMatchObject({ transport: "second", messageId: mail.messageId });
  });

  it.each<[MailErrorCode]>([
    ["delivery-unknown"],
    ["sender-rejected"],
    ["recipients-rejected"],
    ["message-rejected"],
    ["attachment-failed"],
    ["aborted"],
    ["invalid-message"],
  ])("takes %s for an answer", async (code) => {
    const second = memoryTransport();
    await expect(withFailover([failing(code, false), second]).send(await build())).rejects.toMatchObject({ code });
    expect(second.sent).toEqual([]);
  });

  it("takes an error that is not ours for an answer", async () => {
    const bug = new TypeError("bug");
    const second = memoryTransport();
    const first: Transport = { name: "buggy", send: () => Promise.reject(bug) };
    await expect(withFailover([first, second]).send(await build())).rejects.toBe(bug);
    expect(second.sent).toEqual([]);
  });

  it("leaves a partial refusal as it is", async () => {
    const first = memoryTransport({
      reject: (address) => (address.startsWith("b") ? { code: 450, text: "Later" } : undefined),
    });
    const second = memoryTransport();
    const receipt = await withFailover([first, second]).send(await build());
    expect(receipt).toMatchObject({
      accepted: ["a@example.com"],
      rejected: [{ address: "b@example.com", retryable: true }],
    });
    expect(second.sent).toEqual([]);
  });

  it("fails with the last error and keeps all of them when all fail", async () => {
    const sending = withFailover([failing("timeout", true, "a"), failing("auth-failed", false, "b")]).send(
      await build(),
    );
    await expect(sending).rejects.toMatchObject({
      code: "auth-failed",
      retryable: true,
      cause: { errors: [{ code: "timeout" }, { code: "auth-failed" }] },
    });
  });

  it("stops when a stream that can be read only once was read, and says so", async () => {
    const first: Transport = {
      name: "first",
      async send(mail) {
        await mail.stream().getReader().read();
        throw new MailError("connection-lost", "Gone.", { phase: "body", retryable: true });
      },
    };
    const second = memoryTransport();
    const attachments = [{ filename: "x", content: new Blob(["x"]).stream() }];
    await expect(withFailover([first, second]).send(await build({ attachments }))).rejects.toMatchObject({
      code: "connection-lost",
      retryable: false,
      message: expect.stringContaining("only once"),
    });
    expect(second.sent).toEqual([]);
  });

  it("hands on a stream that nobody has read yet", async () => {
    const second = memoryTransport({ name: "second" });
    const attachments = [{ filename: "x", content: new Blob(["x"]).stream() }];
    const receipt = await withFailover([failing("connect-failed", true), second]).send(await build({ attachments }));
    expect(receipt.transport).toBe("second");
  });

  it("throws the error of a single transport as it is", async () => {
    const failure = new MailError("timeout", "Slow.", { phase: "connect", retryable: true });
    await expect(withFailover([memoryTransport({ fail: () => failure })]).send(await build())).rejects.toBe(failure);
  });

  it("hands the options to each transport", async () => {
    const second = memoryTransport({ reject: (address) => (address.startsWith("b") ? never : undefined) });
    const sending = withFailover([failing("timeout", true), second]).send(await build(), { recipients: "all-or-none" });
    await expect(sending).rejects.toMatchObject({ code: "recipients-rejected" });
  });

  it("verifies all, and answers with the first that failed", async () => {
    const stage = (name: "connect" | "auth", ok: boolean): Transport => ({
      ...memoryTransport(),
      verify: async () => ({ ok, stages: [{ stage: name, ok, ms: 1 }] }),
    });
    const bare: Transport = { name: "bare", send: memoryTransport().send };
    expect(await withFailover([stage("connect", true), bare, stage("auth", false)]).verify?.()).toMatchObject({
      ok: false,
      stages: [{ stage: "auth" }],
    });
    expect(await withFailover([stage("connect", true), stage("auth", true)]).verify?.()).toMatchObject({
      ok: true,
      stages: [{ stage: "connect" }],
    });
    await expect(withFailover([bare]).verify?.()).rejects.toMatchObject({ code: "unsupported" });
  });

  it("closes all", async () => {
    const transports = [memoryTransport(), memoryTransport()];
    const failover = withFailover(transports);
    await failover.close?.();
    for (const transport of [...transports, failover]) {
      await expect(transport.send(await build())).rejects.toMatchObject({ code: "closed" });
    }
  });

  it("takes defaults from the first", async () => {
    const first: Transport = { ...failing("timeout", true), defaults: { from: "first@acme.example" } };
    const second = { ...memoryTransport(), defaults: { from: "second@acme.example" } };
    await createMailer({ transport: withFailover([first, second]) }).send({ to: "a@example.com", text: "x" });
    expect(second.sent[0]?.envelope.from).toBe("first@acme.example");
  });

  it("needs a transport", () => {
    expect(() => withFailover([])).toThrow(expect.objectContaining({ code: "invalid-connection" }));
  });
});

describe("withFailover keeps the contract, its first transport being down", () => {
  transportContract({
    test,
    createTransport({ refuse }) {
      const inner = memoryTransport({
        reject(address) {
          const code = refuse.get(address);
          return code === undefined ? undefined : { code, text: "refused" };
        },
      });
      const received = () =>
        inner.sent.map(({ envelope, bytes, receipt }) => ({ from: envelope.from, to: receipt.accepted, bytes }));
      const transport = withFailover([failing("auth-failed", false), inner]);
      return { transport, received };
    },
  });
});
