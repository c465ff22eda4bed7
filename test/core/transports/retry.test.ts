import type { MailErrorCode, OutgoingMail, Receipt, SmtpReply, Transport } from "@edgepost/core";
import { buildMime, createMailer, MailError, withRetry } from "@edgepost/core";
import { memoryTransport, transportContract } from "@edgepost/core/testing";
import { describe, expect, it, test } from "vitest";

const A = "a@example.com";
const B = "b@example.com";
const C = "c@example.com";
const later: SmtpReply = { code: 450, enhancedCode: "4.2.1", text: "Later" };
const never: SmtpReply = { code: 550, enhancedCode: "5.1.1", text: "Never" };

const build = (to: string[] = [A], more: object = {}) =>
  buildMime({ from: "me@acme.example", to, text: "Hello", ...more });
const refusal = (address: string, reply: SmtpReply) => ({ address, reply, retryable: reply.code < 500 });
const error = (code: MailErrorCode, retryable: boolean, facts: object = {}) =>
  new MailError(code, `It was ${code}.`, { phase: "mail", retryable, ...facts });

/** What one attempt comes to: an error, or replies for those who are refused. */
type Attempt = Error | Record<string, SmtpReply>;

/** A transport whose attempts go as the script says, a clock that only waiting moves, and a record of both. */
function scripted(...attempts: Attempt[]) {
  const mails: OutgoingMail[] = [];
  const waits: number[] = [];
  let now = 0;
  const transport: Transport = {
    name: "scripted",
    async send(mail): Promise<Receipt> {
      const attempt = attempts[mails.push(mail) - 1];
      if (attempt === undefined) throw new Error("an attempt too many");
      if (attempt instanceof Error) throw attempt;
      const { messageId, envelope } = mail;
      const rejected = envelope.to.flatMap((address) => {
        const reply = attempt[address];
        return reply === undefined ? [] : [refusal(address, reply)];
      });
      const accepted = envelope.to.filter((address) => attempt[address] === undefined);
      const reply = { code: 250, text: `attempt ${mails.length}` };
      return { messageId, accepted, rejected, reply, transport: "scripted", size: 1, downgrades: [] };
    },
  };
  const options = {
    clock: () => new Date(now),
    random: () => 0,
    async sleep(ms: number) {
      waits.push(ms);
      now += ms;
    },
  };
  return { transport, options, mails, waits, recipients: () => mails.map(({ envelope }) => envelope.to) };
}

describe("withRetry", () => {
  it("sends once what is accepted at once", async () => {
    const { transport, options, mails, waits } = scripted({});
    expect(await withRetry(transport, options).send(await build())).toMatchObject({ accepted: [A], rejected: [] });
    expect([mails.length, waits]).toEqual([1, []]);
  });

  it("tries again what failed for now, with the same bytes and Message-ID", async () => {
    const { transport, options, mails } = scripted(error("connect-failed", true), error("timeout", true), {});
    const mail = await build();
    expect(await withRetry(transport, options).send(mail)).toMatchObject({ accepted: [A], messageId: mail.messageId });
    expect(mails).toEqual([mail, mail, mail]);
  });

  it("waits longer each time, up to the longest wait", async () => {
    const failures = Array.from({ length: 6 }, () => error("connect-failed", true));
    const { transport, options, waits } = scripted(...failures, {});
    await withRetry(transport, { ...options, maxAttempts: 7, firstDelayMs: 100, longestDelayMs: 1000 }).send(
      await build(),
    );
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it("cuts each wait by up to half, at random", async () => {
    const { transport, options, waits } = scripted(error("timeout", true), error("timeout", true), {});
    const draws = [1, 0.5];
    await withRetry(transport, { ...options, random: () => draws.shift() ?? 0 }).send(await build());
    expect(waits).toEqual([500, 1500]);
  });

  it("gives up after the last attempt, with its error", async () => {
    const last = error("greeting-rejected", true);
    const { transport, options, mails } = scripted(error("timeout", true), error("timeout", true), last);
    await expect(withRetry(transport, { ...options, maxAttempts: 3 }).send(await build())).rejects.toBe(last);
    expect(mails).toHaveLength(3);
  });

  it("gives up rather than begin an attempt that is too late", async () => {
    const { transport, options, waits } = scripted(
      error("timeout", true),
      error("timeout", true),
      error("timeout", true),
    );
    const sending = withRetry(transport, { ...options, maxAgeMs: 5000 }).send(await build());
    await expect(sending).rejects.toMatchObject({ code: "timeout" });
    expect(waits).toEqual([1000, 2000]);
  });

  it.each<[string, Error]>([
    ["what may have arrived", error("delivery-unknown", false)],
    ["what was refused for good", error("message-rejected", false, { reply: never })],
    ["what the caller aborted", error("aborted", false)],
    ["an error that is not ours", new TypeError("bug")],
  ])("does not try again %s", async (_, failure) => {
    const { transport, options, mails } = scripted(failure);
    await expect(withRetry(transport, options).send(await build())).rejects.toBe(failure);
    expect(mails).toHaveLength(1);
  });

  it("tries again only the recipients that were refused for now", async () => {
    const { transport, options, recipients } = scripted({ [B]: later, [C]: never }, { [B]: later }, {});
    const receipt = await withRetry(transport, options).send(await build([A, B, C]));
    expect(recipients()).toEqual([[A, B, C], [B], [B]]);
    expect(receipt).toMatchObject({ accepted: [A, B], rejected: [refusal(C, never)], reply: { text: "attempt 3" } });
  });

  it("sends the others the very same bytes", async () => {
    const { transport, options, mails } = scripted({ [B]: later }, {});
    const mail = await build([A, B]);
    await withRetry(transport, options).send(mail);
    expect(await mails[1]?.bytes()).toEqual(await mail.bytes());
    expect(mails[1]?.messageId).toBe(mail.messageId);
    expect(mails[1]?.message.envelope.to).toEqual([B]);
    expect(mail.envelope.to).toEqual([A, B]);
  });

  it("narrows to the refused for now also when nobody was accepted yet", async () => {
    const refused = error("recipients-rejected", true, { recipients: [refusal(A, never), refusal(B, later)] });
    const { transport, options, recipients } = scripted(refused, {});
    const receipt = await withRetry(transport, options).send(await build([A, B]));
    expect(recipients()).toEqual([[A, B], [B]]);
    expect(receipt).toMatchObject({ accepted: [B], rejected: [refusal(A, never)] });
  });

  it("names everybody who was refused, over all attempts", async () => {
    const first = error("recipients-rejected", true, { recipients: [refusal(A, never), refusal(B, later)] });
    const second = error("recipients-rejected", false, { reply: never, recipients: [refusal(B, never)] });
    const { transport, options } = scripted(first, second);
    await expect(withRetry(transport, options).send(await build([A, B]))).rejects.toMatchObject({
      code: "recipients-rejected",
      retryable: false,
      recipients: [refusal(A, never), refusal(B, never)],
    });
  });

  it("asks for everybody again when it is all or none", async () => {
    const refused = error("recipients-rejected", true, { recipients: [refusal(B, later)] });
    const { transport, options, recipients } = scripted(refused, {});
    await withRetry(transport, options).send(await build([A, B]), { recipients: "all-or-none" });
    expect(recipients()).toEqual([
      [A, B],
      [A, B],
    ]);
  });

  it("keeps the receipt when the rest cannot be sent", async () => {
    const { transport, options } = scripted({ [B]: later }, error("connect-failed", true), error("auth-failed", false));
    expect(await withRetry(transport, options).send(await build([A, B]))).toMatchObject({
      accepted: [A],
      rejected: [refusal(B, later)],
    });
  });

  it("takes the last word of a server that refuses the rest for good", async () => {
    const { transport, options } = scripted({ [B]: later }, error("message-rejected", false, { reply: never }));
    expect(await withRetry(transport, options).send(await build([A, B]))).toMatchObject({
      accepted: [A],
      rejected: [refusal(B, never)],
    });
  });

  it("says of whom nobody can tell when the rest may have arrived", async () => {
    const lost = error("delivery-unknown", false, { recipients: [refusal(C, never)] });
    const { transport, options, mails } = scripted({ [B]: later, [C]: later }, lost);
    expect(await withRetry(transport, options).send(await build([A, B, C]))).toMatchObject({
      accepted: [A],
      rejected: [refusal(C, never)],
      unknown: [B],
    });
    expect(mails).toHaveLength(2);
  });

  it("does not try again a stream that can be read only once, and says so", async () => {
    const failure = error("connection-lost", true);
    let attempts = 0;
    const reading: Transport = {
      name: "reading",
      async send(mail) {
        attempts++;
        await mail.stream().getReader().read();
        throw failure;
      },
    };
    const content = new Blob(["x"]).stream();
    const sending = withRetry(reading).send(await build([A], { attachments: [{ filename: "x", content }] }));
    await expect(sending).rejects.toMatchObject({
      code: "connection-lost",
      retryable: false,
      message: expect.stringContaining("only once"),
      cause: failure,
    });
    expect(attempts).toBe(1);
  });

  it("tries again a stream that nobody has read yet", async () => {
    const { transport, options, mails } = scripted(error("connect-failed", true), {});
    const content = new Blob(["x"]).stream();
    await withRetry(transport, options).send(await build([A], { attachments: [{ filename: "x", content }] }));
    expect(mails).toHaveLength(2);
  });

  it("ends the wait when the caller aborts", async () => {
    const { transport } = scripted(error("timeout", true));
    const controller = new AbortController();
    const reason = new Error("enough");
    const retrying = withRetry({
      ...transport,
      send: (mail) => transport.send(mail).finally(() => setTimeout(() => controller.abort(reason))),
    });
    const sending = retrying.send(await build(), { signal: controller.signal });
    await expect(sending).rejects.toMatchObject({ code: "aborted", retryable: false, cause: reason });
  });

  it("answers an abort with the receipt when somebody was accepted", async () => {
    const { transport } = scripted({ [B]: later });
    const controller = new AbortController();
    const sleep = async () => controller.abort();
    const receipt = await withRetry(transport, { sleep }).send(await build([A, B]), { signal: controller.signal });
    expect(receipt).toMatchObject({ accepted: [A], rejected: [refusal(B, later)] });
  });

  it("begins no attempt after it was closed, and ends the wait for one", async () => {
    const failure = error("timeout", true);
    const { transport, mails } = scripted(failure);
    const retrying = withRetry(transport);
    const sending = retrying.send(await build()).catch((reason: unknown) => reason);
    await retrying.close?.();
    expect(await sending).toBe(failure);
    expect(mails).toHaveLength(1);
    await expect(retrying.send(await build())).rejects.toMatchObject({ code: "closed" });
  });

  it("keeps what a mailer reads of the transport", async () => {
    const inner: Transport = { ...memoryTransport(), defaults: { from: "me@acme.example" } };
    const mailer = createMailer({ transport: withRetry(inner) });
    expect(await mailer.send({ to: A, text: "x" })).toMatchObject({ transport: "memory" });
    expect(await mailer.verify()).toMatchObject({ ok: true });
    expect(withRetry(scripted().transport).verify).toBeUndefined();
  });

  it.each([
    ["maxAttempts", 0],
    ["maxAttempts", Number.NaN],
    ["maxAgeMs", -1],
    ["firstDelayMs", 1.5],
    ["longestDelayMs", Number.POSITIVE_INFINITY],
  ])("refuses %s of %d", (path, value) => {
    expect(() => withRetry(memoryTransport(), { [path]: value })).toThrow(
      expect.objectContaining({ code: "invalid-connection", issues: [{ path, message: expect.any(String) }] }),
    );
  });
});

describe("withRetry keeps the contract", () => {
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
      return { transport: withRetry(inner, { sleep: async () => {} }), received };
    },
  });
});
