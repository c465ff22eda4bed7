import type { Address, Attachment, Message, MessageInput, OutgoingMail } from "@edgepost/core";
import { buildMime } from "@edgepost/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyMessage, BLIND_COPY } from "../../support/any-message.ts";
import type { ReadAddress, ReadMail, ReadPart } from "../../support/mail-readers.ts";
import { readByMailparser, readByPostalMime, readByPython } from "../../support/mail-readers.ts";
import { countingBytes, deepFreeze, latin1 } from "../../support/message.ts";
import type { PythonEmail } from "../../support/python-email.ts";
import { hasPython, startPythonEmail } from "../../support/python-email.ts";

/**
 * What you write is what arrives: any message, read back by three parsers we did not write.
 *
 * A few hundred messages here, the same each time. `EDGEPOST_FUZZ_RUNS=100000 pnpm fuzz:mime` makes as many new ones;
 * a failure prints the seed to repeat it with: `EDGEPOST_FUZZ_SEED`.
 */
const runs = Number(process.env.EDGEPOST_FUZZ_RUNS ?? 300);
const seed =
  process.env.EDGEPOST_FUZZ_RUNS === undefined ? 20_250_305 : Number(process.env.EDGEPOST_FUZZ_SEED ?? Date.now());
const timeout = 60_000 + runs * 100;

function survives(
  name: string,
  check: (mail: OutgoingMail, bytes: Uint8Array, input: MessageInput) => Promise<void>,
): void {
  test(
    name,
    async () => {
      const property = fc.asyncProperty(anyMessage, async (input) => {
        const mail = await buildMime(deepFreeze(input), { clock: () => new Date(0), random: countingBytes });
        await check(mail, await mail.bytes(), input);
      });
      await fc.assert(property, { numRuns: runs, seed });
    },
    timeout,
  );
}

describe("on the wire", () => {
  survives(
    "there are only CRLF, lines of 998 octets at most, and 7 bits but for an address that needs more",
    async (mail, bytes) => {
      const source = latin1(bytes);
      expect(source).not.toMatch(/\r(?!\n)|(?<!\r)\n|\0/);
      expect(source.endsWith("\r\n")).toBe(true);
      for (const line of source.split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
      if (!mail.message.needsSmtpUtf8) expect(source).toMatch(/^[\t\r\n\x20-\x7e]*$/);
    },
  );

  survives("there is no blind copy", async ({ envelope, message }, bytes) => {
    if (message.bcc.length > 0) expect(envelope.to).toContain(BLIND_COPY);
    expect(latin1(bytes)).not.toMatch(/^(?:resent-)?bcc[\t ]*:/im);
    expect(latin1(bytes)).not.toContain("hidden.example");
  });

  survives("boundaries stand only where parts begin and end", async (_, bytes) => {
    const lines = latin1(bytes).split("\r\n");
    const boundaries = new Set(
      [...latin1(bytes).matchAll(/boundary="(=_\d+_[0-9a-f]{24})"/g)].map(([, boundary]) => boundary),
    );
    for (const boundary of boundaries) {
      const holding = lines.filter((line) => line.includes(String(boundary)) && !line.includes("boundary="));
      for (const line of holding) expect([`--${boundary}`, `--${boundary}--`]).toContain(line);
      expect(holding.filter((line) => line.endsWith("--"))).toHaveLength(1);
    }
  });

  survives("the stream has the same bytes", async (mail, _, input) => {
    for (const form of ["7bit", "8bit", "binary"] as const) {
      const fresh = await buildMime(input, { clock: () => new Date(0), random: countingBytes });
      const chunks: Uint8Array[] = [];
      for await (const chunk of fresh.stream(form)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(await mail.bytes(form))).toBe(true);
    }
  });
});

describe("read back", () => {
  survives("by postal-mime", async ({ message }, bytes) => {
    expectNoEncodedNames(message);
    expect(comparable(await readByPostalMime(bytes))).toEqual(comparable(await written(message)));
  });

  survives("by mailparser", async ({ message }, bytes) => {
    expectNoEncodedNames(message);
    expect(comparable(await readByMailparser(bytes))).toEqual(comparable(await written(message)));
  });

  survives("where the server takes 8 bits", async (mail) => {
    expectNoEncodedNames(mail.message);
    const expected = comparable(await written(mail.message));
    const bytes = await mail.bytes("8bit");
    expect(comparable(await readByPostalMime(bytes))).toEqual(expected);
    expect(comparable(await readByMailparser(bytes))).toEqual(expected);
  });

  // By mailparser alone: postal-mime takes everything apart into lines, where it is told of none, too.
  survives("where it takes anything", async (mail) => {
    expectNoEncodedNames(mail.message);
    const expected = await written(mail.message);
    // Of a part without content, mailparser takes the line end before the boundary for it.
    fc.pre(expected.parts.every(({ content }) => content.length > 0));
    expect(comparable(await readByMailparser(await mail.bytes("binary")))).toEqual(comparable(expected));
  });

  describe.skipIf(!hasPython)(hasPython ? "by Python" : "by Python: skipped, there is no python3 here", () => {
    let python: PythonEmail;
    beforeAll(() => {
      python = startPythonEmail();
    });
    afterAll(() => python.close());

    survives("under its strict policy", async ({ message }, bytes) => {
      const read = comparable(await readByPython(python, bytes), withoutSpaces);
      expect(read).toEqual(comparable(await written(message), withoutSpaces));
    });

    survives("where the server takes 8 bits", async (mail) => {
      // It reads UTF-8 either in headers or in bodies.
      if (mail.message.needsSmtpUtf8) return;
      const read = comparable(await readByPython(python, await mail.bytes("8bit")), withoutSpaces);
      expect(read).toEqual(comparable(await written(mail.message), withoutSpaces));
    });
  });
});

/** What a reader should find. */
async function written(message: Message): Promise<ReadMail> {
  const { from, sender, replyTo, to, cc, html, amp, calendar, alternatives, attachments } = message;
  const isRelated = ({ disposition, contentId }: Attachment) =>
    html !== undefined && disposition === "inline" && contentId !== undefined;
  const inOrder = [...attachments.filter(isRelated), ...attachments.filter((attachment) => !isRelated(attachment))];
  return {
    subject: message.subject,
    addresses: {
      from: readAddresses(from),
      sender: readAddresses(sender === undefined ? [] : [sender]),
      "reply-to": readAddresses(replyTo),
      to: readAddresses(to),
      cc: readAddresses(cc),
      bcc: [],
    },
    text: message.text,
    html,
    parts: [
      ...(amp === undefined ? [] : [textPart("text/x-amp-html", amp)]),
      ...(calendar === undefined ? [] : [textPart("text/calendar", calendar.content)]),
      ...alternatives.map(({ contentType, content }) => textPart(contentType, String(content))),
      ...(await Promise.all(inOrder.map((attachment) => filePart(attachment, html === undefined)))),
    ],
    custom: message.headers.map(({ value }) => value),
  };
}

function readAddresses(addresses: readonly Address[]): ReadAddress[] {
  return addresses.flatMap((one) =>
    "group" in one
      ? [{ name: one.group, address: undefined }, ...readAddresses(one.members)]
      : [{ name: one.name ?? "", address: one.address }],
  );
}

function textPart(contentType: string, text: string): ReadPart {
  const type = contentType.replace(/;.*/, "");
  return { type, filename: undefined, contentId: undefined, disposition: undefined, content: Buffer.from(text) };
}

async function filePart(attachment: Attachment, isWithoutHtml: boolean): Promise<ReadPart> {
  const { contentType, filename, contentId, content } = attachment;
  const bytes = content.kind === "bytes" ? content.bytes : await new Response(await content.open({})).bytes();
  const disposition = isWithoutHtml ? "attachment" : attachment.disposition;
  return { type: contentType.replace(/;.*/, ""), filename, contentId, disposition, content: Buffer.from(bytes) };
}

/** Parsers write line ends as they like, and count the last ones to the text or to what follows it. */
function comparable(mail: ReadMail, nameOf = (name: string) => name): unknown {
  return {
    ...mail,
    addresses: Object.entries(mail.addresses).map(([field, addresses]) => [
      field,
      // A name that says the address again is none to postal-mime and mailparser.
      addresses.map(({ name, address }) => [name === address ? "" : nameOf(name), address]),
    ]),
    // mailparser leaves out fields without a value.
    custom: mail.custom.filter((value) => value !== ""),
    text: comparableText(mail.text ?? ""),
    html: comparableText(mail.html ?? ""),
    parts: mail.parts.map(({ content, ...part }) => ({
      ...part,
      content: part.disposition === undefined ? comparableText(content.toString()) : content.toString("latin1"),
    })),
  };
}

function comparableText(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "\n").replace(/\n+$/, "");
}

/** Both decode what looks like an encoded word in a file name, though it came by RFC 2231. */
function expectNoEncodedNames({ attachments }: Message): void {
  fc.pre(!attachments.some(({ filename }) => filename?.includes("=?")));
}

/**
 * Python 3.11 keeps the space between two encoded words of a phrase, which RFC 2047 section 6.2 drops, and has one space
 * for any white space of the phrase, that in an encoded word included: in names, spaces are not compared.
 */
function withoutSpaces(name: string): string {
  return name.replace(/[\s\x1c-\x1f\x85]/g, "");
}
