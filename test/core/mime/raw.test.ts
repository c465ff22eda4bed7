import { describe, expect, test } from "vitest";
import { latin1, mailOf, sourceOf } from "../../support/message.ts";
import { onceSource, streamedInChunks } from "../../support/sources.ts";

const bytesOf = (text: string) => Buffer.from(text, "latin1");
const rawSource = (text: string) => sourceOf({ raw: { kind: "bytes", bytes: bytesOf(text) } });

test("a ready message is handed over as it is", async () => {
  const message =
    "Received: by x\r\nFrom: a@example.com\r\nX-Odd:    folded\r\n\tso\r\n\r\nBcc: not a field\r\n.\r\nGr\xfc\xdfe\r\n";
  expect(await rawSource(message)).toBe(message);
});

test("its line ends are repaired", async () => {
  expect(await rawSource("From: a@example.com\nSubject: x\n\none\rtwo\n")).toBe(
    "From: a@example.com\r\nSubject: x\r\n\r\none\r\ntwo\r\n",
  );
});

test("its last line is ended", async () => {
  expect(await rawSource("Subject: x\r\n\r\nHi")).toBe("Subject: x\r\n\r\nHi\r\n");
});

describe("blind copies are left out", () => {
  const fields = {
    "one field": "Bcc: eve@example.com\n",
    "in any case": "bCC: eve@example.com\n",
    "folded over lines": "Bcc: eve@example.com,\n eve@example.org,\r\n\teve@example.net\n",
    "folded after its name": "Bcc:\n eve@example.com\n",
    "with space before the colon": "Bcc \t: eve@example.com\n",
    "with what some take for a space before the colon": "Bcc\x0b\xa0: eve@example.com\n",
    "with what some take for a space before the name": "\x0b\xa0Bcc: eve@example.com\n",
    "sent again": "Resent-Bcc: eve@example.com\n",
    twice: "Bcc: eve@example.com\nBcc: eve@example.org\n",
    "behind lone carriage returns": "Bcc: eve@example.com\r eve@example.org\n",
  };
  for (const [name, field] of Object.entries(fields)) {
    test(name, async () => {
      const kept = "From: a@example.com\r\nX-Bcc: kept\r\nTo: b@example.com\r\n";
      for (const message of [
        `${field}${kept}`,
        `${kept}${field}`,
        `From: a@example.com\n${field}X-Bcc: kept\nTo: b@example.com\n`,
      ]) {
        expect(await rawSource(`${message}\nbody\n`)).toBe(`${kept}\r\nbody\r\n`);
        expect(await rawSource(message)).toBe(kept);
      }
    });
  }

  test("on the first line, indented, where it continues nothing", async () => {
    expect(await rawSource(" Bcc: eve@example.com,\n eve@example.org\nTo: b@example.com\n\nbody\n")).toBe(
      "To: b@example.com\r\n\r\nbody\r\n",
    );
  });

  test("wherever chunks end", async () => {
    const message = "From: a\n\tb\rBcc: c,\r\n d\r\nResent-Bcc: e\nTo: f\n\n\rBcc: body\n";
    const expected = await rawSource(message);
    for (let size = 1; size < message.length; size++) {
      const mail = mailOf({ raw: streamedInChunks(bytesOf(message), size) });
      expect(latin1(await mail.bytes()), `by ${size}`).toBe(expected);
    }
    expect(expected).toBe("From: a\r\n\tb\r\nTo: f\r\n\r\n\r\nBcc: body\r\n");
  });

  test("no line of the body is taken for a field when there is no header", async () => {
    expect(await rawSource("\r\nBcc: said the author\r\n")).toBe("\r\nBcc: said the author\r\n");
  });
});

describe("what no server may be given is refused", () => {
  for (const [name, text] of Object.entries({
    NUL: "Subject: x\n\na\0b",
    "a line of 999": `Subject: x\n\n${"a".repeat(999)}`,
  })) {
    test(name, async () => {
      await expect(rawSource(text)).rejects.toMatchObject({ code: "invalid-message", issues: [{ path: "raw" }] });
    });
  }
});

test("octets above 127 are announced, since no form can be without them", async () => {
  expect(mailOf({ raw: { kind: "bytes", bytes: bytesOf("Subject: \xfc\r\n\r\n") } }).eightBit).toBe(true);
  expect(mailOf({ raw: { kind: "bytes", bytes: bytesOf("Subject: u\r\n\r\n") } }).eightBit).toBe(false);
  expect(mailOf({ raw: onceSource(bytesOf("")) }).eightBit).toBe(undefined);
  expect(mailOf({}).eightBit).toBe(undefined);
});
