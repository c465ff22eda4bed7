import type { Mailer, MessageInput, OutgoingMail, Receipt, SendOptions, SendResult, Transport } from "@edgepost/core";
import { buildMime, createMailer, MailError } from "@edgepost/core";
import { memoryTransport } from "@edgepost/core/testing";
import { describe, expect, it } from "vitest";

const from = "Ada <ada@acme.example>";
const message = (subject: string): MessageInput => ({ from, to: "grace@example.com", subject, text: "Hello" });

/** Accepts a message only when the test says so. */
function gatedTransport() {
  const waiting: { mail: OutgoingMail; accept(): void; fail(error: Error): void }[] = [];
  let most = 0;
  let now = 0;
  const transport: Transport = {
    name: "gated",
    send: (mail) =>
      new Promise<Receipt>((resolve, reject) => {
        most = Math.max(most, ++now);
        const settle = (end: () => void) => () => {
          now--;
          end();
        };
        waiting.push({
          mail,
          accept: settle(() => resolve(receiptOf(mail))),
          fail: (error) => settle(() => reject(error))(),
        });
      }),
  };
  return {
    transport,
    waiting,
    /** The largest number of messages that were under way at once. */
    most: () => most,
    subjects: () => waiting.map(({ mail }) => mail.message.subject),
  };
}

function receiptOf({ messageId, envelope }: OutgoingMail): Receipt {
  const reply = { code: 250, text: "OK" };
  return { messageId, accepted: envelope.to, rejected: [], reply, transport: "gated", size: 1, downgrades: [] };
}

/** Lets everything that can go on without outside help go on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

async function collect(results: AsyncIterable<SendResult>): Promise<SendResult[]> {
  const collected: SendResult[] = [];
  for await (const result of results) collected.push(result);
  return collected;
}

describe("send", () => {
  it("builds the message, sends it and returns the receipt", async () => {
    const transport = memoryTransport();
    const receipt = await createMailer({ transport }).send(message("Hi"));
    expect(receipt).toMatchObject({ accepted: ["grace@example.com"], rejected: [], transport: "memory" });
    expect(transport.sent[0]?.messageId).toBe(receipt.messageId);
    expect(new TextDecoder().decode(transport.sent[0]?.bytes)).toContain("Subject: Hi\r\n");
  });

  it("takes a field from the message, else from the mailer, else from the connection", async () => {
    const transport = {
      ...memoryTransport(),
      defaults: { from: "connection@acme.example", replyTo: "connection@acme.example", cc: "connection@acme.example" },
    };
    const defaults = { from: "mailer@acme.example", replyTo: "mailer@acme.example" };
    await createMailer({ transport, defaults }).send({ from, to: "grace@example.com", text: "x" });
    expect(transport.sent[0]?.message).toMatchObject({
      from: [{ address: "ada@acme.example" }],
      replyTo: [{ address: "mailer@acme.example" }],
      cc: [{ address: "connection@acme.example" }],
    });
  });

  it("gives the same bytes for the same input, clock and randomness", async () => {
    const options = {
      clock: () => new Date(0),
      random: (bytes: number) => new Uint8Array(bytes).fill(7),
      hostname: "mail.example",
    };
    const input = { ...message("Hi"), html: "<p>Hello</p>" };
    const transport = memoryTransport();
    const mailer = createMailer({ transport, ...options });
    await mailer.send(input);
    await mailer.send(input);
    const built = await buildMime(input, options);
    expect(transport.sent[1]?.bytes).toEqual(transport.sent[0]?.bytes);
    expect(await built.bytes()).toEqual(transport.sent[0]?.bytes);
    expect(built.messageId).toMatch(/@mail\.example>$/);
  });

  it("changes nothing in its input", async () => {
    const input = Object.freeze({
      ...message("Hi"),
      to: Object.freeze([Object.freeze({ name: "Grace", address: "grace@example.com" })]),
    });
    const defaults = Object.freeze({ headers: Object.freeze({ "X-Team": "billing" }) });
    await createMailer(Object.freeze({ transport: Object.freeze(memoryTransport()), defaults })).send(input);
  });

  it("refuses bad input before the transport hears of it", async () => {
    const transport = memoryTransport();
    const sending = createMailer({ transport }).send({ to: "nobody", subject: "a\r\nBcc: x@y.example" });
    const error = await sending.catch((reason: MailError) => reason);
    expect(error).toMatchObject({ code: "invalid-message", phase: "input" });
    expect(new Set((error as MailError).issues?.map(({ path }) => path))).toEqual(new Set(["from", "subject", "to"]));
    expect(transport.sent).toEqual([]);
  });

  it("never sends what it was asked to sign and could not", async () => {
    const transport = memoryTransport();
    const sign = { sign: () => Promise.reject(new Error("no key")) };
    await expect(createMailer({ transport, sign }).send(message("Hi"))).rejects.toThrow();
    expect(transport.sent).toEqual([]);
  });

  it("ignores no option it does not know, so that nothing leaves unsigned that was to be signed", async () => {
    const transport = memoryTransport();
    const misspelt = { transport, signer: [] } as unknown as Parameters<typeof createMailer>[0];
    expect(() => createMailer(misspelt)).toThrow('There is no option "signer"; there are transport,');
    await expect(buildMime(message("Hi"), { dkim: {} } as object)).rejects.toMatchObject({ code: "unsupported" });
    const mode = { recipients: "all" } as unknown as SendOptions;
    await expect(createMailer({ transport }).send(message("Hi"), mode)).rejects.toMatchObject({ code: "unsupported" });
    expect(transport.sent).toEqual([]);
  });

  it("releases streams that nobody has opened when the caller gives up", async () => {
    const released: unknown[] = [];
    const file = () => new ReadableStream<Uint8Array>({ cancel: (reason) => void released.push(reason) });
    const controller = new AbortController();
    const transport: Transport = {
      name: "busy",
      async send() {
        controller.abort("enough");
        throw new MailError("aborted", "The send was aborted.", { phase: "connect" });
      },
    };
    const attachments = [{ content: file() }, { content: file() }];
    const sending = createMailer({ transport }).send({ ...message("Hi"), attachments }, { signal: controller.signal });
    await expect(sending).rejects.toMatchObject({ code: "aborted" });
    await settled();
    expect(released).toEqual(["enough", "enough"]);
  });

  it("releases them too when the caller had given up before", async () => {
    const released: unknown[] = [];
    const file = new ReadableStream<Uint8Array>({ cancel: (reason) => void released.push(reason) });
    const sending = createMailer({ transport: memoryTransport() }).send(
      { ...message("Hi"), attachments: [{ content: file }] },
      { signal: AbortSignal.abort("enough") },
    );
    await expect(sending).rejects.toMatchObject({ code: "aborted" });
    await settled();
    expect(released).toEqual(["enough"]);
  });

  it("refuses a send that is aborted already, without asking the transport", async () => {
    const transport = memoryTransport({
      fail() {
        throw new Error("asked");
      },
    });
    const reason = new Error("changed my mind");
    const sending = createMailer({ transport }).send(message("Hi"), { signal: AbortSignal.abort(reason) });
    await expect(sending).rejects.toMatchObject({ code: "aborted", phase: "input", cause: reason });
  });

  it("hands signal and recipient mode to the transport", async () => {
    let seen: SendOptions | undefined;
    const transport: Transport = {
      name: "spy",
      async send(mail, options) {
        seen = options;
        return receiptOf(mail);
      },
    };
    const { signal } = new AbortController();
    await createMailer({ transport }).send(message("Hi"), { signal, recipients: "all-or-none" });
    expect(seen).toEqual({ signal, recipients: "all-or-none" });
  });
});

describe("hooks", () => {
  it("see each message go by", async () => {
    const seen: unknown[] = [];
    const hooks = {
      sending: (mail: OutgoingMail) => seen.push(["sending", mail.message.subject]),
      sent: (receipt: Receipt, mail: OutgoingMail) => seen.push(["sent", receipt.accepted, mail.message.subject]),
      failed: (error: unknown, mail?: OutgoingMail) =>
        seen.push(["failed", (error as MailError).code, mail?.message.subject]),
    };
    const fail = ({ message: { subject } }: OutgoingMail) =>
      subject === "bad" ? new MailError("message-rejected", "No.", { phase: "body" }) : undefined;
    const mailer = createMailer({ transport: memoryTransport({ fail }), hooks });
    await mailer.send(message("good"));
    await mailer.send(message("bad")).catch(() => {});
    await mailer.send({}).catch(() => {});
    expect(seen).toEqual([
      ["sending", "good"],
      ["sent", ["grace@example.com"], "good"],
      ["sending", "bad"],
      ["failed", "message-rejected", "bad"],
      ["failed", "invalid-message", undefined],
    ]);
  });

  it("cannot undo a delivery by throwing, now or later", async () => {
    const thrower = () => {
      throw new Error("hook");
    };
    const rejecter = () => Promise.reject(new Error("hook"));
    for (const hooks of [
      { sending: thrower, sent: thrower },
      { sending: rejecter, sent: rejecter },
    ]) {
      await createMailer({ transport: memoryTransport(), hooks }).send(message("Hi"));
    }
    const failing = createMailer({ transport: memoryTransport(), hooks: { failed: thrower } });
    await expect(failing.send({})).rejects.toMatchObject({ code: "invalid-message" });
  });

  it("keep their own this", async () => {
    class Counter {
      count = 0;
      sent() {
        this.count++;
      }
    }
    const hooks = new Counter();
    await createMailer({ transport: memoryTransport(), hooks }).send(message("Hi"));
    expect(hooks.count).toBe(1);
  });
});

describe("verify", () => {
  it("asks the transport", async () => {
    expect(await createMailer({ transport: memoryTransport() }).verify()).toMatchObject({ ok: true });
  });

  it("says so when there is nothing to verify", async () => {
    const transport: Transport = { name: "bare", send: async (mail) => receiptOf(mail) };
    await expect(createMailer({ transport }).verify()).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("close", () => {
  it("lets what is under way finish, and closes the transport once", async () => {
    const { transport, waiting } = gatedTransport();
    const order: string[] = [];
    const closing = { ...transport, close: async () => void order.push("transport closed") };
    const mailer = createMailer({ transport: closing, hooks: { sent: () => void order.push("sent") } });
    const sending = mailer.send(message("last"));
    const closed = Promise.all([mailer.close(), mailer.close()]);
    await settled();
    expect(order).toEqual([]);
    waiting[0]?.accept();
    await Promise.all([sending, closed]);
    await mailer.close();
    expect(order).toEqual(["sent", "transport closed"]);
  });

  it("closes the transport although the last message failed", async () => {
    const transport = memoryTransport({ fail: () => new MailError("timeout", "Slow.", { phase: "connect" }) });
    const mailer = createMailer({ transport });
    const sending = mailer.send(message("Hi")).catch((error: MailError) => error.code);
    await mailer.close();
    expect(await sending).toBe("timeout");
    await expect(transport.send(await buildMime(message("Hi")))).rejects.toMatchObject({ code: "closed" });
  });

  it("refuses everything afterwards", async () => {
    const mailer = createMailer({ transport: memoryTransport() });
    await mailer.close();
    await expect(mailer.send(message("Hi"))).rejects.toMatchObject({ code: "closed", phase: "input" });
    await expect(mailer.verify()).rejects.toMatchObject({ code: "closed" });
    expect(await collect(mailer.sendMany([message("Hi")]))).toMatchObject([{ ok: false, error: { code: "closed" } }]);
  });

  it("happens at the end of an await using block", async () => {
    let escaped: Mailer | undefined;
    {
      await using mailer = createMailer({ transport: memoryTransport() });
      escaped = mailer;
    }
    await expect(escaped.send(message("Hi"))).rejects.toMatchObject({ code: "closed" });
  });
});

describe("sendMany", () => {
  it("yields results in input order, whatever ends first", async () => {
    const { transport, waiting, subjects } = gatedTransport();
    const results = collect(createMailer({ transport }).sendMany(["a", "b", "c"].map(message)));
    await settled();
    expect(subjects()).toEqual(["a", "b", "c"]);
    for (const index of [2, 0, 1]) waiting[index]?.accept();
    const messageIds = waiting.map(({ mail }) => mail.messageId);
    expect(await results).toMatchObject(
      messageIds.map((messageId, index) => ({ index, ok: true, receipt: { messageId } })),
    );
  });

  it("goes on after a failure", async () => {
    const fail = ({ message: { subject } }: OutgoingMail) =>
      subject === "bad" ? new MailError("sender-rejected", "No.", { phase: "mail" }) : undefined;
    const mailer = createMailer({ transport: memoryTransport({ fail }) });
    const results = await collect(mailer.sendMany([message("a"), message("bad"), {}, message("d")]));
    expect(results).toMatchObject([
      { index: 0, ok: true },
      { index: 1, ok: false, error: { code: "sender-rejected" } },
      { index: 2, ok: false, error: { code: "invalid-message" } },
      { index: 3, ok: true },
    ]);
  });

  it.each([1, 3])("has at most %i under way", async (concurrency) => {
    const { transport, waiting, most } = gatedTransport();
    const results = collect(createMailer({ transport }).sendMany([..."abcdefgh"].map(message), { concurrency }));
    for (let accepted = 0; accepted < 8; accepted++) {
      await settled();
      waiting[accepted]?.accept();
    }
    expect((await results).map(({ ok }) => ok)).toEqual(Array(8).fill(true));
    expect(most()).toBe(concurrency);
  });

  it("does not let one slow message stop the others", async () => {
    const { transport, waiting, subjects } = gatedTransport();
    const results = collect(createMailer({ transport }).sendMany([..."abcdef"].map(message), { concurrency: 2 }));
    for (let accepted = 1; accepted < 6; accepted++) {
      await settled();
      waiting[accepted]?.accept();
    }
    expect(subjects()).toEqual([..."abcdef"]);
    waiting[0]?.accept();
    expect((await results).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("holds a bounded number of results while the oldest is under way", async () => {
    let read = 0;
    function* endless() {
      while (true) yield message(String(read++));
    }
    const first = gatedTransport();
    const others = memoryTransport();
    const transport: Transport = {
      name: "slow first",
      send: (mail) => (mail.message.subject === "0" ? first.transport : others).send(mail),
    };
    const results = createMailer({ transport }).sendMany(endless())[Symbol.asyncIterator]();
    const oldest = results.next();
    let before = -1;
    while (read > before) {
      before = read;
      for (let turn = 0; turn < 50; turn++) await settled();
    }
    expect(read).toBeLessThanOrEqual(1001);
    first.waiting[0]?.accept();
    expect(await oldest).toMatchObject({ value: { index: 0, ok: true } });
    await results.return?.();
  });

  it("reads no input ahead of a reader that takes its time", async () => {
    let read = 0;
    async function* source() {
      while (true) yield message(String(read++));
    }
    const results = createMailer({ transport: memoryTransport() }).sendMany(source(), { concurrency: 2 });
    const iterator = results[Symbol.asyncIterator]();
    await iterator.next();
    await settled();
    const before = read;
    await settled();
    expect(read).toBe(before);
    expect(before).toBeLessThanOrEqual(4);
    await iterator.return?.();
  });

  it("serves a source that waits for a result before it gives the next message", async () => {
    const answered: string[] = [];
    let tell: (id: string) => void = () => {};
    async function* conversation() {
      for (const subject of ["question", "follow-up", "thanks"]) {
        const answer = new Promise<string>((resolve) => {
          tell = resolve;
        });
        yield message(subject);
        answered.push(await answer);
      }
    }
    const mailer = createMailer({ transport: memoryTransport() });
    for await (const result of mailer.sendMany(conversation())) tell(result.ok ? result.receipt.messageId : "failed");
    expect(answered).toHaveLength(3);
    expect(answered).not.toContain("failed");
  });

  it("yields what is under way when the source throws, and then its error", async () => {
    const broken = new Error("the database went away");
    async function* source() {
      yield message("a");
      yield message("b");
      throw broken;
    }
    const seen: SendResult[] = [];
    const reading = (async () => {
      for await (const result of createMailer({ transport: memoryTransport() }).sendMany(source())) seen.push(result);
    })();
    await expect(reading).rejects.toBe(broken);
    expect(seen).toMatchObject([
      { index: 0, ok: true },
      { index: 1, ok: true },
    ]);
  });

  it("tells the source when the reader leaves early, after what is under way has ended", async () => {
    const order: string[] = [];
    async function* source() {
      try {
        for (let index = 0; ; index++) yield message(String(index));
      } finally {
        order.push("source told");
      }
    }
    const hooks = { sent: () => void order.push("sent") };
    for await (const _ of createMailer({ transport: memoryTransport(), hooks }).sendMany(source(), { concurrency: 2 }))
      break;
    expect(order.at(-1)).toBe("source told");
    expect(order.filter((event) => event === "source told")).toHaveLength(1);
  });

  it("does not wait for a source that never gives another message when the reader leaves", async () => {
    async function* source() {
      yield message("only");
      await new Promise(() => {});
    }
    for await (const _ of createMailer({ transport: memoryTransport() }).sendMany(source())) break;
  });

  it("stops reading on abort, yields what is under way, and throws aborted", async () => {
    const controller = new AbortController();
    let read = 0;
    function* endless() {
      while (true) yield message(String(read++));
    }
    const seen: SendResult[] = [];
    const reading = (async () => {
      const results = createMailer({ transport: memoryTransport() }).sendMany(endless(), { signal: controller.signal });
      for await (const result of results) {
        seen.push(result);
        if (seen.length === 3) controller.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
    expect(seen.length).toBe(read);
  });

  it("ends on abort although the source is silent", async () => {
    const controller = new AbortController();
    async function* silent(): AsyncGenerator<MessageInput> {
      await new Promise(() => {});
    }
    const results = collect(
      createMailer({ transport: memoryTransport() }).sendMany(silent(), { signal: controller.signal }),
    );
    controller.abort();
    await expect(results).rejects.toMatchObject({ code: "aborted" });
  });

  it("sends nothing when the signal is aborted already", async () => {
    const transport = memoryTransport();
    const results = collect(createMailer({ transport }).sendMany([message("a")], { signal: AbortSignal.abort() }));
    await expect(results).rejects.toMatchObject({ code: "aborted" });
    expect(transport.sent).toEqual([]);
  });

  it("sends nothing for no messages", async () => {
    expect(await collect(createMailer({ transport: memoryTransport() }).sendMany([]))).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a concurrency of %d", (concurrency) => {
    const mailer = createMailer({ transport: memoryTransport() });
    expect(() => mailer.sendMany([], { concurrency })).toThrow(
      expect.objectContaining({
        code: "invalid-message",
        issues: [{ path: "concurrency", message: expect.any(String) }],
      }),
    );
  });
});
