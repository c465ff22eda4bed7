import type { Attachment } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { aMessage, anAttachment, countingBytes, deepFreeze, latin1, mailOf, sourceOf } from "../../support/message.ts";
import { onceSource, streamedInChunks, watchedSource } from "../../support/sources.ts";

const failure = new Error("the disk is gone");

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function streamed(content = streamedInChunks(new Uint8Array(100), 10)) {
  return { text: "Hi", attachments: [anAttachment({ content })] };
}

describe("bytes and stream", () => {
  test("are the same, in every form", async () => {
    const everything = {
      text: "Grüße\n",
      html: "<p>Grüße</p>",
      attachments: [
        anAttachment({ content: { kind: "bytes", bytes: new Uint8Array(200_000).fill(7) } }),
        anAttachment({ content: streamedInChunks(new Uint8Array(200_000).fill(9), 777) }),
        anAttachment({ contentType: "message/rfc822", content: streamedInChunks(Buffer.from("A: b\n\nc"), 2) }),
      ],
    };
    for (const form of ["7bit", "8bit", "binary"] as const) {
      expect(await collect(mailOf(everything).stream(form))).toEqual(Buffer.from(await mailOf(everything).bytes(form)));
    }
  });

  test("are built one time for each form", async () => {
    const content = streamedInChunks(new Uint8Array(100), 10);
    const mail = mailOf(streamed(content));
    expect(await mail.bytes()).toBe(await mail.bytes("7bit"));
    await mail.bytes("8bit");
    expect(content.opened).toBe(2);
    expect(await collect(mail.stream())).toEqual(Buffer.from(await mail.bytes()));
    expect(content.opened).toBe(2);
  });

  test("are the same every time, for the same message, clock and randomness", async () => {
    const fields = { text: "a", html: "b", attachments: [anAttachment()] };
    expect(await sourceOf(fields)).toBe(await sourceOf(fields));
  });

  test("change nothing of the message", async () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
    const message = aMessage({ text: "a", attachments: [anAttachment({ content: { kind: "bytes", bytes } })] });
    const before = structuredClone(message);
    const mail = mailOf(deepFreeze(message));
    await mail.bytes();
    await collect(mail.stream("binary"));
    expect(message).toEqual(before);
  });

  test("after a failure are tried again", async () => {
    let isGone = true;
    const content = streamedInChunks(Uint8Array.of(1), 1);
    const open = content.open.bind(content);
    const mail = mailOf(
      streamed({ ...content, open: (options) => (isGone ? Promise.reject(failure) : open(options)) }),
    );
    await expect(mail.bytes()).rejects.toBe(failure);
    isGone = false;
    expect(latin1(await mail.bytes())).toContain("AQ==");
  });
});

describe("a stream", () => {
  test("opens an attachment when its turn comes, and reads it as fast as the server", async () => {
    const first = streamedInChunks(new Uint8Array(57 * 10), 57);
    const second = streamedInChunks(new Uint8Array(57 * 10), 57);
    const mail = mailOf({ attachments: [anAttachment({ content: first }), anAttachment({ content: second })] });
    const reader = mail.stream().getReader();
    expect(first.opened).toBe(0);
    await reader.read();
    expect([first.opened, second.opened]).toEqual([0, 0]);
    await reader.read();
    expect(first.pulled).toBe(1);
    expect(second.opened).toBe(0);
    await reader.cancel();
  });

  test("lets go of what it reads when the server is gone", async () => {
    const content = streamedInChunks(new Uint8Array(1000), 100);
    const reader = mailOf(streamed(content)).stream().getReader();
    await reader.read();
    await reader.read();
    await reader.cancel(new Error("gone"));
    expect(content.cancelled).toBe(1);
  });

  test("does not wait for a source that has stalled when the server is gone", async () => {
    let isReleased = false;
    let say = () => {};
    const asked = new Promise<void>((resolve) => {
      say = resolve;
    });
    const content = {
      kind: "stream",
      once: false,
      open: async ({ signal }: { signal?: AbortSignal | undefined }) => {
        signal?.addEventListener("abort", () => {
          isReleased = true;
        });
        // Asked for its first octet, it never answers.
        const pull = () => {
          say();
          return new Promise<void>(() => {});
        };
        return new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
      },
    } as const;
    const reader = mailOf({ attachments: [anAttachment({ content })] })
      .stream()
      .getReader();
    await reader.read();
    const stalled = reader.read();
    await asked;
    await reader.cancel();
    expect(await stalled).toEqual({ done: true, value: undefined });
    expect(isReleased).toBe(true);
  });

  test("fails with the error of its source", async () => {
    const mail = mailOf(streamed(watchedSource([Uint8Array.of(1), failure])));
    await expect(collect(mail.stream())).rejects.toBe(failure);
    await expect(mail.bytes()).rejects.toBe(failure);
  });

  test("is never much longer in memory than its chunks, whatever the attachment weighs", async () => {
    const chunk = new Uint8Array(64 * 1024);
    const content = watchedSource(new Array(4000).fill(chunk));
    let octets = 0;
    let largest = 0;
    for await (const part of mailOf(streamed(content)).stream()) {
      octets += part.length;
      largest = Math.max(largest, part.length);
    }
    expect(octets).toBeGreaterThan(4000 * 64 * 1024 * 1.33);
    expect(largest).toBeLessThanOrEqual(96 * 1024);
  });

  test("of bytes at hand is encoded piece by piece too", async () => {
    const mail = mailOf({
      attachments: [anAttachment({ content: { kind: "bytes", bytes: new Uint8Array(1_000_000) } })],
    });
    for await (const part of mail.stream()) expect(part.length).toBeLessThanOrEqual(96 * 1024);
  });
});

test("says what a transport may want to know beforehand", () => {
  expect(mailOf({ attachments: [anAttachment()] })).toMatchObject({ streamed: false, once: false });
  expect(mailOf(streamed())).toMatchObject({ streamed: true, once: false });
  expect(mailOf(streamed(onceSource(Uint8Array.of(1))))).toMatchObject({ streamed: true, once: true });
  expect(mailOf({ raw: onceSource(Uint8Array.of(1)) })).toMatchObject({ streamed: true, once: true });
  const signer = { sign: async () => "X-Signed: yes\r\n" };
  expect(mailOf(streamed(onceSource(Uint8Array.of(1))), [signer])).toMatchObject({ streamed: true, once: false });
});

test("says when an attached message needs a server that takes 8 bits", () => {
  const attached = (content: Attachment["content"], contentType = "message/rfc822") =>
    mailOf({ attachments: [anAttachment({ contentType, content })] }).eightBit;
  expect(attached({ kind: "bytes", bytes: Buffer.from("Subject: ü") })).toBe(true);
  expect(attached({ kind: "bytes", bytes: Buffer.from("Subject: u") })).toBe(undefined);
  // Nobody knows before it was read.
  expect(attached(streamedInChunks(Buffer.from("Subject: u"), 1))).toBe(true);
  expect(attached({ kind: "bytes", bytes: Buffer.from("ü") }, "image/png")).toBe(undefined);
});

test("a stream that can be read once is not sent as nothing the second time", async () => {
  const content = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Uint8Array.of(1));
      controller.close();
    },
  });
  const mail = await buildMime({
    from: "a@example.com",
    to: "b@example.com",
    attachments: [{ filename: "a.bin", content }],
  });
  const first = await collect(mail.stream());
  expect(first.toString()).toContain("AQ==");
  for (const again of [() => collect(mail.stream()), () => mail.bytes("8bit")]) {
    await expect(again()).rejects.toMatchObject({
      code: "attachment-failed",
      phase: "body",
      message: expect.stringContaining("a.bin"),
    });
  }
});

test("fails before any network when a header cannot be written", () => {
  const fields = [
    { subject: "a\r\nBcc: eve@example.com" },
    { from: [{ name: "a\nb", address: "a@example.com" }] as const },
    { to: [{ address: "a@example.com\r\nBcc: eve@example.com" }] },
    { attachments: [anAttachment({ filename: "a\nb" })] },
    { attachments: [anAttachment({ contentType: "text/plain\nX: y" })] },
    { attachments: [anAttachment({ contentId: "a>\r\nX: y" })] },
    { attachments: [anAttachment({ headers: [{ name: "X", value: "a\0" }] })] },
    { headers: [{ name: "X\nY", value: "a" }] },
    { headers: [{ name: "Bcc", value: "eve@example.com" }] },
    { calendar: { method: "A\r\nX: y", content: "" } },
    { messageId: "<a@b>\r\nX: y" },
  ];
  for (const field of fields) {
    expect(() => mailOf(field), JSON.stringify(field)).toThrow(expect.objectContaining({ code: "invalid-message" }));
  }
});

test("a mail without parts asks for no randomness", async () => {
  let asked = 0;
  const random = (count: number) => {
    asked++;
    return countingBytes(count);
  };
  const { composeMessage } = await import("../../../packages/core/src/mime/compose.ts");
  const context = { random, clock: () => new Date(0), signers: [] };
  await composeMessage(aMessage({ text: "Hi" }), context).bytes();
  expect(asked).toBe(0);
  await composeMessage(aMessage({ text: "Hi", html: "Hi", attachments: [anAttachment()] }), context).bytes();
  expect(asked).toBe(1);
});
