import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { issuesOf } from "../../support/issues.ts";
import { CONTEXT } from "./message.ts";

const HEADER = [
  "Received: from somewhere",
  "From: =?utf-8?q?Ada?= <ada@example.com>",
  "Sender : secretary@example.com",
  "To: Team: grace@example.com,",
  "\tada@münchen.example;",
  "CC:",
  "Bcc: hidden@example.com",
  "To: second@example.com",
  "Subject: =?utf-8?q?Hello?=",
  " again",
  "Date: Sun, 02 Feb 2020 02:02:02 +0000",
  "Message-ID:  <1@b.example> (x)",
];
const parse = (raw: unknown, fields: object = {}) => parseMessage({ raw, ...fields } as never, CONTEXT);

describe("a ready message", () => {
  it.each([
    ["CRLF", "\r\n"],
    ["LF", "\n"],
    ["CR", "\r"],
  ])("with %s line ends says itself where it goes", (_name, lineEnd) => {
    const raw = [...HEADER, "", "To: body@example.com", ""].join(lineEnd);
    const message = parse(raw);
    expect(message).toMatchObject({
      envelope: {
        from: "secretary@example.com",
        to: ["grace@example.com", "ada@xn--mnchen-3ya.example", "second@example.com", "hidden@example.com"],
      },
      from: [{ name: "=?utf-8?q?Ada?=", address: "ada@example.com" }],
      subject: "=?utf-8?q?Hello?= again",
      messageId: "<1@b.example>",
      date: new Date("2020-02-02T02:02:02Z"),
      needsSmtpUtf8: true,
    });
    expect(message.raw).toEqual({ kind: "bytes", bytes: new TextEncoder().encode(raw) });
    expect(parse(new TextEncoder().encode(raw))).toEqual(message);
  });

  it("may be all header", () => {
    expect(parse("From: a@b.example\nTo: c@d.example").envelope).toEqual({ from: "a@b.example", to: ["c@d.example"] });
  });

  it("goes to blind copies however their field is indented", () => {
    const { envelope } = parse(" Bcc: a@b.example\nFrom: c@d.example\n\x0bBcc: e@f.example\n\n");
    expect(envelope.to).toEqual(["a@b.example", "e@f.example"]);
  });

  it("has date and id made for it where it has none that can be read", () => {
    const message = parse("From: a@b.example\nTo: c@d.example\nDate: soon\nMessage-ID: none\n\n");
    expect(message.date).toEqual(CONTEXT.clock());
    expect(message.messageId).toBe("<abababababababababababababababab@b.example>");
  });

  it("keeps its own envelope when it is given one, and may then say anything", () => {
    const envelope = { from: "", to: "x@y.example" };
    expect(parse("From: nobody\nTo: a@@b\n\n", { envelope }).envelope).toEqual({ from: "", to: ["x@y.example"] });
    expect(parse("no header at all", { envelope }).envelope.to).toEqual(["x@y.example"]);
  });

  it("takes the side that the envelope leaves open from its header", () => {
    const raw = "From: a@b.example\nTo: c@d.example\n\n";
    expect(parse(raw, { envelope: { from: "bounce@b.example" } }).envelope).toEqual({
      from: "bounce@b.example",
      to: ["c@d.example"],
    });
    expect(parse(raw, { envelope: { to: "x@y.example" } }).envelope).toEqual({
      from: "a@b.example",
      to: ["x@y.example"],
    });
  });

  it("may ask for notifications and TLS", () => {
    expect(
      parse("From: a@b.example\nTo: c@d.example\n\n", { dsn: { notify: "never" }, requireTls: true }),
    ).toMatchObject({
      dsn: { notify: "never" },
      requireTls: true,
    });
  });

  it("takes nothing from defaults", () => {
    const raw = "From: a@b.example\nTo: c@d.example\n\n";
    const message = parseMessage({ raw }, { ...CONTEXT, defaults: [{ from: "x@y.example", bcc: "z@y.example" }] });
    expect(message.envelope).toEqual({ from: "a@b.example", to: ["c@d.example"] });
  });

  it("as a stream is not read before it is sent, and can be read once", async () => {
    let pulled = 0;
    const raw = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array([65]));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const message = parse(raw, { envelope: { from: "a@b.example", to: "c@d.example" } });
    expect(pulled).toBe(0);
    expect(message.from).toEqual([{ address: "a@b.example" }]);
    const source = message.raw;
    if (source?.kind !== "stream") throw new Error("not a stream");
    expect(source.once).toBe(true);
    expect(await new Response(await source.open({ signal: undefined })).text()).toBe("A");
    await expect(source.open({ signal: undefined })).rejects.toMatchObject({ code: "attachment-failed" });
  });
});

describe("is refused:", () => {
  it.each<[story: string, raw: unknown, fields: object, path: string]>([
    ["a message from nobody", "To: c@d.example\n\n", {}, "raw"],
    ["a message to nobody", "From: a@b.example\n\n", {}, "raw"],
    ["a message from a broken address", "From: a@@b.example\nTo: c@d.example\n\n", {}, "raw.from"],
    ["a message to a broken address", "From: a@b.example\nTo: c@d.example, x\n\n", {}, "raw.to"],
    ["a message with two From headers", "From: a@b.example\nfrom: x@y.example\nTo: c@d.example\n\n", {}, "raw.from"],
    ["a message with NUL in an address", "From: a@b.example\nTo: c@d.example\0\n\n", {}, "raw.to"],
    ["a stream without an envelope", new ReadableStream(), {}, "envelope"],
    ["a stream with half an envelope", new ReadableStream(), { envelope: { to: "c@d.example" } }, "envelope"],
    ["an envelope that is broken", "From: a@b.example\nTo: c@d.example\n\n", { envelope: { to: "x" } }, "envelope.to"],
    ["a header without end", `From: a@b.example\nTo: c@d.example\nX: ${"a".repeat(262_144)}`, {}, "raw"],
  ])("%s", (_story, raw, fields, path) => {
    expect(issuesOf(() => parse(raw, fields)).map((issue) => issue.path)).toEqual([path]);
  });
});
