import type { SignableMessage, Signer } from "@edgepost/core";
import { describe, expect, test } from "vitest";
import { anAttachment, latin1, mailOf, sourceOf } from "../../support/message.ts";
import { onceSource, streamedInChunks, watchedSource } from "../../support/sources.ts";

/** Signs by saying what it saw. */
function aSigner(name = "X-Seen"): Signer & { seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    async sign(message: SignableMessage) {
      let body = "";
      for await (const chunk of message.body()) body += latin1(chunk);
      seen.push(`${message.fields.map((field) => `${field}\r\n`).join("")}\r\n${body}`);
      return `${name}: ${message.date.toISOString()};\r\n\tn=${seen.length}\r\n`;
    },
  };
}

const seenField = "X-Seen: 1970-01-01T00:00:00.000Z;\r\n\tn=1\r\n";
const many = new Uint8Array(1000).fill(65);

test("a signature stands on top of exactly what was signed", async () => {
  const signer = aSigner();
  const source = await sourceOf({ text: "Grüße\n", attachments: [anAttachment()] }, [signer]);
  expect(source).toBe(seenField + signer.seen[0]);
});

test("every signer signs the same message", async () => {
  const first = aSigner("X-First");
  const second = aSigner("X-Second");
  const source = await sourceOf({ text: "Hi" }, [first, second]);
  expect(second.seen).toEqual(first.seen);
  expect(source.split("\r\n").filter((line) => line.startsWith("X-"))).toEqual([
    "X-First: 1970-01-01T00:00:00.000Z;",
    "X-Second: 1970-01-01T00:00:00.000Z;",
  ]);
});

test("signed mail is 7bit in every form, and signed one time", async () => {
  const signer = aSigner();
  const mail = mailOf({ text: "Grüße" }, [signer]);
  const forms = [await mail.bytes("8bit"), await mail.bytes("binary"), await mail.bytes()];
  for (const bytes of forms) expect(latin1(bytes)).toMatch(/^[\t\r\n -~]*$/);
  expect(new Set(forms.map(latin1)).size).toBe(1);
  expect(signer.seen).toHaveLength(1);
});

test("a stream that can be opened again is read for the signature and again for the server", async () => {
  const signer = aSigner();
  const content = streamedInChunks(many, 100);
  const source = await sourceOf({ attachments: [anAttachment({ content })] }, [signer]);
  expect(source).toBe(seenField + signer.seen[0]);
  expect(content.opened).toBe(2);
});

test("a stream that can be read once is held in between", async () => {
  const signers = [aSigner("X-First"), aSigner("X-Second")];
  const content = onceSource(many);
  const source = await sourceOf({ attachments: [anAttachment({ content })] }, signers);
  expect(source).toContain("QUFBQUFB");
  expect(content.opened).toBe(1);
});

test("one that is too large to be held is an error, not unsigned mail", async () => {
  const signer = aSigner();
  const chunk = new Uint8Array(1024 * 1024);
  const content = watchedSource(new Array(30).fill(chunk), true);
  const mail = mailOf({ attachments: [anAttachment({ content })] }, [signer]);
  await expect(mail.bytes()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining('"invoice.pdf"'),
  });
  expect(content.cancelled).toBe(1);
  expect(signer.seen).toEqual([]);
});

describe("a raw message is signed as it will leave", () => {
  const raw = "Bcc: eve@example.com\nFrom: ada@example.com\nSubject: J\u00f6rg\n folded\n\nbody\n";
  const repaired = "From: ada@example.com\r\nSubject: J\u00f6rg\r\n folded\r\n\r\nbody\r\n";

  test("from bytes", async () => {
    const signer = aSigner();
    const mail = mailOf({ raw: { kind: "bytes", bytes: Buffer.from(raw) } }, [signer]);
    expect(new TextDecoder().decode(await mail.bytes())).toBe(seenField + repaired);
    expect(signer.seen).toEqual([repaired]);
  });

  test("from a stream", async () => {
    const signer = aSigner();
    const mail = mailOf({ raw: onceSource(Buffer.from(raw)) }, [signer]);
    expect(new TextDecoder().decode(await mail.bytes())).toBe(seenField + repaired);
  });

  test("without a body, or without a header", async () => {
    for (const [given, signed] of [
      ["Subject: x\n", "Subject: x\r\n\r\n"],
      ["\nbody\n", "\r\nbody\r\n"],
    ] as const) {
      const signer = aSigner();
      await mailOf({ raw: { kind: "bytes", bytes: Buffer.from(given) } }, [signer]).bytes();
      expect(signer.seen).toEqual([signed]);
    }
  });

  test("and refused when its header has octets that are no text", async () => {
    const mail = mailOf({ raw: { kind: "bytes", bytes: Buffer.from("Subject: \xfc\n\n", "latin1") } }, [aSigner()]);
    await expect(mail.bytes()).rejects.toMatchObject({ code: "invalid-message", issues: [{ path: "raw" }] });
  });
});

describe("unsigned mail never leaves", () => {
  test("when the signer fails", async () => {
    const cause = new Error("no key");
    const mail = mailOf({}, [{ sign: () => Promise.reject(cause) }]);
    await expect(mail.bytes()).rejects.toMatchObject({ code: "unsupported", cause });
    await expect(mail.stream().getReader().read()).rejects.toMatchObject({ code: "unsupported", cause });
  });

  const answers = [
    "",
    "DKIM-Signature: a=b",
    "no field\r\n",
    "A: b\r\n\r\n",
    "A: b\r\nc\r\n",
    "A: b\nC: d\r\n",
    "A: b\rc\r\n",
    "A: ü\r\n",
    `A: ${"b".repeat(996)}\r\n`,
    `A: b\r\n ${"c".repeat(998)}\r\n`,
  ];
  for (const answer of answers) {
    test(`when the signer answers ${JSON.stringify(answer.slice(0, 30))}`, async () => {
      await expect(mailOf({}, [{ sign: async () => answer }]).bytes()).rejects.toMatchObject({ code: "unsupported" });
    });
  }

  test("but any number of fields may be on top, folded and as long as a line", async () => {
    const answer = `A: b\r\n\tc\r\n d\r\nB: ${"e".repeat(995)}\r\n ${"f".repeat(997)}\r\n`;
    const source = await sourceOf({}, [{ sign: async () => answer }]);
    expect(source).toBe(answer + (await sourceOf({})));
  });

  test("and the next attempt may sign", async () => {
    let attempt = 0;
    const sign = async () => {
      if (attempt++ === 0) throw new Error("key server is down");
      return "X-Signed: yes\r\n";
    };
    const mail = mailOf({}, [{ sign }]);
    await expect(mail.bytes()).rejects.toThrow();
    expect(latin1(await mail.bytes())).toMatch(/^X-Signed: yes\r\n/);
  });
});
