import { type Connect, createSmtpTransport } from "@edgepost/core/smtp";
import { type PairedSocket, socketPair } from "@edgepost/core/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { failureOf, greeted, playScript, readyMail } from "../../support/engine.ts";

const ENVELOPE = "C: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\n";
const TAKEN = "S: 250 OK\nS: 250 OK\n";
const DATA = `${greeted("PIPELINING")}${ENVELOPE}C: DATA\n${TAKEN}S: 354 go on\n`;
const BDAT = `${greeted("PIPELINING", "CHUNKING")}${ENVELOPE}${TAKEN}`;
const ONE_BY_ONE = "C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\n";
const GOODBYE = "C: QUIT\nS: 221 bye\n";

/** Octets of one BDAT chunk of a streamed message. */
const CHUNK = 262_144;

/** So many octets of text, dots at the beginning of its lines. */
function textOf(octets: number): string {
  return `.${"x".repeat(61)}\r\n`.repeat(Math.ceil(octets / 64)).slice(-octets);
}

/** Mail that is read from these chunks. */
function streamedMail(...chunks: readonly string[]) {
  const stream = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
  return readyMail({ streamed: true, stream });
}

describe("a large message", () => {
  const content = textOf(700_000);

  test("goes out after 354, every dot doubled", async () => {
    const { transport, server } = playScript(`${DATA}C: <data>\nS: 250 queued\n${GOODBYE}`, { message: content });
    expect((await transport.send(readyMail({ content }))).size).toBe(content.length);
    await transport.close?.();
    await server.done;
  });

  test("goes out as one chunk behind its envelope, so that a refused recipient does not cost it", async () => {
    const { transport, server } = playScript(`${BDAT}C: BDAT <size> LAST\nC: <message>\nS: 250 queued\n${GOODBYE}`, {
      message: content,
    });
    await transport.send(readyMail({ content }));
    await transport.close?.();
    await server.done;
  });
});

describe("a streamed message", () => {
  test("is stuffed and repaired wherever its chunks are cut", async () => {
    const message = "Subject: x\r\n\r\n.a\r\n..b\r\nc\r\n";
    const { transport, server } = playScript(`${DATA}C: <data>\nS: 250 queued\n${GOODBYE}`, { message });
    expect((await transport.send(streamedMail(..."Subject: x\r\n\r\n.a\n..b\rc\r"))).size).toBe(message.length);
    await transport.close?.();
    await server.done;
  });

  test("that comes octet by octet goes out in few writes", async () => {
    const message = textOf(40_000);
    const { server } = playScript(`${DATA}C: <data>\nS: 250 queued\n${GOODBYE}`, { message });
    let writes = 0;
    const connect: Connect = async (target, options) => {
      const socket = await server.connect(target, options);
      const writer = socket.writable.getWriter();
      const write = (chunk: Uint8Array) => {
        writes++;
        return writer.write(chunk);
      };
      return { ...socket, readable: socket.readable, writable: new WritableStream({ write }) };
    };
    const connection = { host: "mail.example", clientName: "me.example", security: "none" } as const;
    const transport = createSmtpTransport(connect, connection);
    await transport.send(streamedMail(...message));
    await transport.close?.();
    await server.done;
    expect(writes).toBeLessThan(10);
  });

  test("goes out in chunks, the last one marked", async () => {
    const { transport, server } = playScript(
      `${BDAT}C: BDAT ${CHUNK}\nC: <message>\nC: BDAT 7 LAST\nC= .tail\\r\\n\nS: 250 OK\nS: 250 queued\n${GOODBYE}`,
      { message: textOf(CHUNK) },
    );
    expect((await transport.send(streamedMail(textOf(CHUNK), ".tail", "\n"))).size).toBe(CHUNK + 7);
    await transport.close?.();
    await server.done;
  });

  test("goes out chunk by chunk where the server wants to be waited for", async () => {
    const { transport, server } = playScript(
      `${greeted("CHUNKING")}
       C: MAIL FROM:<a@x>
       S: 250 OK
       C: RCPT TO:<b@x>
       S: 250 OK
       C: BDAT ${CHUNK}
       C: <message>
       S: 250 OK
       C: BDAT ${CHUNK}
       C: <message>
       S: 250 OK
       C: BDAT 1 LAST
       C= .
       S: 250 queued
       ${GOODBYE}`,
      { message: textOf(CHUNK) },
    );
    await transport.send(streamedMail(textOf(CHUNK), textOf(CHUNK), "."));
    await transport.close?.();
    await server.done;
  });

  test("goes on when a chunk is answered while the next is still being made", async () => {
    const { transport, server } = playScript(
      `${BDAT}C: BDAT ${CHUNK}\nC: <message>\nS: 250 OK\nC: BDAT ${CHUNK}\nC: <message>\nS: 250 OK\nC: BDAT ${CHUNK} LAST\nC: <message>\nS: 250 queued\n${GOODBYE}`,
      { message: textOf(CHUNK) },
    );
    const chunks = [textOf(CHUNK), textOf(CHUNK), textOf(CHUNK)].map((text) => new TextEncoder().encode(text));
    const stream = () =>
      new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            await new Promise((resolve) => setImmediate(resolve));
            const chunk = chunks.shift();
            if (chunk === undefined) controller.close();
            else controller.enqueue(chunk);
          },
        },
        { highWaterMark: 0 },
      );
    await transport.send(readyMail({ streamed: true, stream }));
    await transport.close?.();
    await server.done;
  });

  test("may be empty", async () => {
    const { transport, server } = playScript(`${BDAT}C: BDAT 0 LAST\nS: 250 queued\n${GOODBYE}`);
    await transport.send(streamedMail());
    await transport.close?.();
    await server.done;
  });

  test("of which a chunk is refused is not sent on", async () => {
    const { transport, server } = playScript(
      `${greeted("CHUNKING")}C: MAIL FROM:<a@x>\nS: 250 OK\nC: RCPT TO:<b@x>\nS: 250 OK\nC: BDAT ${CHUNK}\nC: <message>\nS: 552 5.3.4 no\n-- ignore --`,
      { message: textOf(CHUNK) },
    );
    const mail = streamedMail(textOf(CHUNK), textOf(CHUNK), textOf(CHUNK));
    expect(await failureOf(transport.send(mail))).toMatchObject({
      code: "message-too-large",
      phase: "body",
      retryable: false,
    });
    await transport.close?.();
    await server.done;
  });

  // Exim 4.96 takes what follows a chunk too many for commands: the content of an attachment, for MAIL and RCPT.
  test.each([
    ["DATA", `${greeted("SIZE 300000")}${ONE_BY_ONE}C: DATA\nS: 354 go on\n-- ignore --`],
    ["BDAT", `${greeted("CHUNKING", "SIZE 300000")}${ONE_BY_ONE}-- ignore --`],
  ])("never gets larger than the server takes, over %s", async (_, script) => {
    const { transport, server } = playScript(script);
    const mail = streamedMail(textOf(150_000), textOf(150_000), "MAIL FROM:<evil@x>\r\n", textOf(100_000));
    const error = await failureOf(transport.send(mail));
    expect(error).toMatchObject({ code: "message-too-large", phase: "body", retryable: false });
    await transport.close?.();
    await server.done;
    const sent = new TextDecoder().decode(server.received);
    expect(sent).not.toMatch(/evil|QUIT/);
  });

  test("as large as the server takes goes out", async () => {
    const message = textOf(1_000);
    const dialogue = `${greeted("CHUNKING", "SIZE 1000")}${ONE_BY_ONE}`;
    const { transport, server } = playScript(`${dialogue}C: BDAT 1000 LAST\nC: <message>\nS: 250 queued\n${GOODBYE}`, {
      message,
    });
    await transport.send(streamedMail(message.slice(0, 600), message.slice(600)));
    await transport.close?.();
    await server.done;
  });

  test("whose chunks were taken and whose end was not answered is unknown", async () => {
    const { transport } = playScript(
      `${BDAT}C: BDAT ${CHUNK}\nC: <message>\nC: BDAT 1 LAST\nC= .\nS: 250 OK\n-- close --`,
      { message: textOf(CHUNK) },
    );
    expect(await failureOf(transport.send(streamedMail(textOf(CHUNK), ".")))).toMatchObject({
      code: "delivery-unknown",
    });
  });
});

describe("a message that breaks off", () => {
  test.each([
    ["by DATA", DATA],
    ["by BDAT", BDAT],
  ])("is never ended, so that nobody gets half of it: %s", async (_, script) => {
    const cause = new Error("The disk is gone.");
    const stream = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(new TextEncoder().encode("Subject: half\r\n"));
          controller.error(cause);
        },
      });
    const { transport, server } = playScript(`${script}-- ignore --`);
    const error = await failureOf(transport.send(readyMail({ streamed: true, stream })));
    expect(error).toMatchObject({ code: "attachment-failed", phase: "body", cause });
    expect(new TextDecoder().decode(server.received)).not.toMatch(/\r\n\.\r\n|LAST|QUIT/);
    await transport.close?.();
    await server.done;
  });

  test("because its stream gives no bytes is never ended, and its link carries nothing more", async () => {
    const stream = () => new ReadableStream({ start: (controller) => controller.enqueue("Subject: text\r\n") });
    const { transport, server } = playScript(`${DATA}-- ignore --`);
    const mail = readyMail({ streamed: true, stream });
    expect(await failureOf(transport.send(mail))).toMatchObject({ code: "attachment-failed", phase: "body" });
    await transport.close?.();
    await server.done;
    expect(new TextDecoder().decode(server.received)).toMatch(/DATA\r\n$/);
  });

  test("by its caller is never ended, and the source is told to stop", async () => {
    const caller = new AbortController();
    const cancel = vi.fn();
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode("Subject: half\r\n")),
        pull: () => caller.abort("enough"),
        cancel,
      });
    const { transport, server } = playScript(`${DATA}-- ignore --`);
    const mail = readyMail({ streamed: true, stream });
    expect(await failureOf(transport.send(mail, { signal: caller.signal }))).toMatchObject({
      code: "aborted",
      phase: "body",
    });
    await server.done;
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(new TextDecoder().decode(server.received)).not.toContain("\r\n.\r\n");
  });

  test("before it begins costs nothing but itself", async () => {
    const { transport, server } = playScript(`${greeted()}${GOODBYE}`);
    const bytes = () => Promise.reject(new Error("no such blob"));
    expect(await failureOf(transport.send(readyMail({ bytes })))).toMatchObject({
      code: "attachment-failed",
      phase: "input",
    });
    await transport.close?.();
    await server.done;
  });
});

/** A server by hand: answers what was asked, then does as the test says. */
class Hand {
  readonly client: PairedSocket;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  heard = "";

  constructor() {
    const [client, server] = socketPair();
    this.client = client;
    this.#reader = server.readable.getReader();
    this.#writer = server.writable.getWriter();
  }

  say(...lines: readonly string[]): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join("")));
  }

  hear(text: string): Promise<void> {
    return this.hearUntil(() => this.heard.includes(text));
  }

  async hearUntil(isEnough: () => boolean): Promise<void> {
    while (!isEnough()) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("The client closed.");
      this.heard += new TextDecoder("latin1").decode(value);
    }
  }

  async takeEnvelope(...extensions: readonly string[]): Promise<void> {
    await this.say("220 ready");
    await this.hear("EHLO");
    await this.say("250-mail.example", ...extensions.map((extension) => `250-${extension}`), "250 PIPELINING");
    await this.hear("RCPT TO");
    await this.say("250 OK", "250 OK");
    if (extensions.length === 0) await this.say("354 go on");
  }
}

function transportTo(hand: Hand, timeouts = {}) {
  return createSmtpTransport(async () => hand.client, { host: "mail.example", security: "none", timeouts });
}

describe("a server that answers before it has the message", () => {
  const large = readyMail({ content: textOf(2_000_000) });

  test.each([
    ["552 5.3.4 enough", "message-too-large", false, []],
    ["452 4.3.1 full", "message-rejected", true, []],
    ["421 bye", "message-rejected", true, []],
    ["250 queued", "protocol-error", false, []],
    ["what?", "protocol-error", false, []],
    ["552 5.3.4 enough", "message-too-large", false, ["CHUNKING"]],
    ["250 queued", "protocol-error", false, ["CHUNKING"]],
  ])("gets no more of it, although it does not read: %s", async (line, code, retryable, extensions) => {
    const hand = new Hand();
    const failure = failureOf(transportTo(hand).send(large));
    await hand.takeEnvelope(...extensions);
    await hand.say(line);
    expect(await failure).toMatchObject({ code, phase: "body", retryable });
  });

  test("or closes instead: nothing was accepted", async () => {
    const hand = new Hand();
    const failure = failureOf(transportTo(hand).send(large));
    await hand.takeEnvelope();
    await hand.hear("xxxx");
    hand.client.reset();
    expect(await failure).toMatchObject({ code: "connection-lost", phase: "body", retryable: true });
  });
});

describe("time", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a server that stops reading is left after the time for progress", async () => {
    const hand = new Hand();
    const failure = failureOf(transportTo(hand, { progressMs: 5_000 }).send(readyMail({ content: textOf(2_000_000) })));
    await hand.takeEnvelope();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await failure).toMatchObject({ code: "timeout", phase: "body", retryable: true });
  });

  test("a message that stops coming is left after the time for progress", async () => {
    const stream = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
    const { transport } = playScript(`${DATA}-- ignore --`, { connection: { timeouts: { progressMs: 5_000 } } });
    const failure = failureOf(transport.send(readyMail({ streamed: true, stream })));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await failure).toMatchObject({ code: "timeout", phase: "body" });
  });

  test("a slow server has its progress counted from its last progress", async () => {
    const hand = new Hand();
    const sending = transportTo(hand, { progressMs: 5_000 }).send(readyMail({ content: textOf(300_000) }));
    await hand.takeEnvelope();
    for (let octets = 60_000; octets < 300_000; octets += 60_000) {
      await vi.advanceTimersByTimeAsync(4_000);
      await hand.hearUntil(() => hand.heard.length >= octets);
    }
    await hand.hear("\r\n.\r\n");
    await hand.say("250 queued");
    expect((await sending).size).toBe(300_000);
  });

  test.each([
    ["DATA", DATA, "C: <data>\n", {}],
    ["BDAT", greeted("PIPELINING", "CHUNKING"), `${ENVELOPE}C: BDAT <size> LAST\nC: <message>\n${TAKEN}`, {}],
  ])("the answer to the message has its own time, and its absence is no answer: %s", async (_, opening, end) => {
    const timeouts = { replyMs: 1_000, progressMs: 1_000, finalMs: 60_000 };
    const { transport } = playScript(`${opening}${end}-- stall --`, { connection: { timeouts } });
    const failure = failureOf(transport.send(readyMail()));
    const isOver = vi.fn();
    void failure.then(isOver);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(isOver).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({ code: "delivery-unknown", phase: "body", retryable: false });
  });

  test("the time for the whole send ends what nothing else does, and leaves the truth", async () => {
    const timeouts = { totalMs: 30_000 };
    const before = playScript(`${DATA}-- ignore --`, { connection: { timeouts } });
    const stream = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
    const unfinished = failureOf(before.transport.send(readyMail({ streamed: true, stream })));
    const after = playScript(`${DATA}C: <data>\n-- stall --`, { connection: { timeouts } });
    const unanswered = failureOf(after.transport.send(readyMail()));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await unfinished).toMatchObject({ code: "timeout", phase: "body", retryable: true });
    expect(await unanswered).toMatchObject({ code: "delivery-unknown", phase: "body", retryable: false });
  });
});

test("a caller who gives up after the final dot is told that nobody knows", async () => {
  const caller = new AbortController();
  const { transport, server } = playScript(`${DATA}C: <data>\n-- ignore --`);
  const failure = failureOf(transport.send(readyMail(), { signal: caller.signal }));
  await vi.waitUntil(() => new TextDecoder().decode(server.received).endsWith("\r\n.\r\n"));
  caller.abort();
  expect(await failure).toMatchObject({ code: "delivery-unknown", phase: "body", retryable: false });
});
