import { buildMime, MailError } from "@edgepost/core";
import { memoryTransport } from "@edgepost/core/testing";
import { describe, expect, it } from "vitest";

const build = (to = "ada@example.com, grace@example.com", more: object = {}) =>
  buildMime({ from: "me@acme.example", to, bcc: "secret@example.com", subject: "Hi", text: "Hello", ...more });
const later = { code: 450, enhancedCode: "4.2.1", text: "Later" };
const never = { code: 550, enhancedCode: "5.1.1", text: "Never" };

describe("memoryTransport", () => {
  it("keeps what was sent", async () => {
    const transport = memoryTransport();
    const mail = await build();
    const receipt = await transport.send(mail);
    expect(transport.sent).toEqual([
      { message: mail.message, envelope: mail.envelope, messageId: mail.messageId, bytes: await mail.bytes(), receipt },
    ]);
    expect(receipt.size).toBe((await mail.bytes()).length);
    transport.clear();
    expect(transport.sent).toEqual([]);
  });

  it("names the recipients it was told to refuse", async () => {
    const transport = memoryTransport({ reject: (address) => (address.startsWith("grace") ? later : undefined) });
    expect(await transport.send(await build())).toMatchObject({
      accepted: ["ada@example.com", "secret@example.com"],
      rejected: [{ address: "grace@example.com", reply: later, retryable: true }],
    });
  });

  it.each([
    ["one for now", [later, never, never], true],
    ["all for good", [never, never, never], false],
  ])("fails when everybody is refused, %s", async (_, replies, retryable) => {
    const transport = memoryTransport({ reject: (address, { envelope }) => replies[envelope.to.indexOf(address)] });
    const error = await transport.send(await build()).catch((reason: MailError) => reason);
    expect(error).toMatchObject({ code: "recipients-rejected", phase: "rcpt", retryable });
    expect((error as MailError).recipients).toHaveLength(3);
    expect(transport.sent).toEqual([]);
  });

  it("sends to nobody when it is all or none and one is refused", async () => {
    const transport = memoryTransport({ reject: (address) => (address.startsWith("grace") ? later : undefined) });
    await expect(transport.send(await build(), { recipients: "all-or-none" })).rejects.toMatchObject({
      code: "recipients-rejected",
      retryable: true,
      recipients: [{ address: "grace@example.com" }],
    });
    expect(transport.sent).toEqual([]);
  });

  it("fails with the error it was given", async () => {
    const failure = new MailError("rate-limited", "Slow down.", { phase: "mail", retryable: true });
    await expect(memoryTransport({ fail: () => failure }).send(await build())).rejects.toBe(failure);
  });

  it("releases a streamed attachment when the caller gives up", async () => {
    const controller = new AbortController();
    let released: unknown;
    const content = new ReadableStream<Uint8Array>(
      {
        pull(stream) {
          stream.enqueue(new Uint8Array(3));
          queueMicrotask(() => controller.abort(new Error("enough")));
          return new Promise(() => {});
        },
        cancel(reason) {
          released = reason;
        },
      },
      { highWaterMark: 0 },
    );
    const mail = await build("ada@example.com", { attachments: [{ filename: "a.bin", content }] });
    const transport = memoryTransport();
    await expect(transport.send(mail, { signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
    expect(released).toBeDefined();
    expect(transport.sent).toEqual([]);
  });
});
