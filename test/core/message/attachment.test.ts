import { Readable } from "node:stream";
import type { AttachmentInput, AttachmentsInput } from "@edgepost/core";
import { describe, expect, it } from "vitest";
import type { Attachment } from "../../../packages/core/src/message/message.ts";
import { parseMessage } from "../../../packages/core/src/message/normalize.ts";
import { issuesOf } from "../../support/issues.ts";
import { CONTEXT, deepFreeze, MESSAGE } from "./message.ts";

function parse(attachments: AttachmentsInput): readonly Attachment[] {
  return parseMessage({ ...MESSAGE, attachments }, CONTEXT).attachments;
}

function parseOne(attachment: object): Attachment {
  const [parsed] = parse([deepFreeze(attachment) as AttachmentInput]);
  if (parsed === undefined) throw new Error("no attachment");
  return parsed;
}

/** Opens, or hands over what is at hand, as text. */
async function read({ content }: Attachment, signal?: AbortSignal): Promise<string> {
  return new Response(content.kind === "bytes" ? new Uint8Array(content.bytes) : await content.open({ signal })).text();
}

async function open({ content }: Attachment, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  if (content.kind === "bytes") throw new Error("not a stream");
  return content.open({ signal });
}

async function* chunks(...all: unknown[]): AsyncGenerator<never> {
  for (const one of all) yield one as never;
}

const encode = (text: string) => new TextEncoder().encode(text);

/** A stream that never has anything, and says what became of it. */
function stalled(): { stream: ReadableStream<Uint8Array>; cancelled: Promise<unknown> } {
  let stream = new ReadableStream<Uint8Array>();
  const cancelled = new Promise((cancel) => {
    stream = new ReadableStream({ cancel });
  });
  return { stream, cancelled };
}

describe("every form of content is read back the same:", () => {
  it.each<[story: string, content: () => unknown, kind: "bytes" | "stream", fields?: object]>([
    ["a string", () => "Grüße 😀\r\n", "bytes"],
    ["base64", () => btoa("Gr\xc3\xbc\xc3\x9fe \xf0\x9f\x98\x80\r\n"), "bytes", { encoding: "base64" }],
    ["base64 in lines", () => "R3LDvMOfZSDw\r\n n5iAD\tQo=\n", "bytes", { encoding: "base64" }],
    ["a Uint8Array", () => encode("Grüße 😀\r\n"), "bytes"],
    ["a Buffer", () => Buffer.from("Grüße 😀\r\n"), "bytes"],
    ["a part of a buffer", () => encode("__Grüße 😀\r\n__").subarray(2, -2), "bytes"],
    ["an ArrayBuffer", () => encode("Grüße 😀\r\n").buffer, "bytes"],
    ["a Blob", () => new Blob(["Grüße ", "😀\r\n"]), "stream"],
    ["a File", () => new File(["Grüße 😀\r\n"], "x"), "stream"],
    ["a ReadableStream", () => new Blob(["Grüße 😀\r\n"]).stream(), "stream"],
    ["an AsyncIterable", () => chunks(encode("Grüße"), new Uint8Array(), encode(" 😀\r\n")), "stream"],
    ["a Node stream", () => Readable.from([Buffer.from("Grüße "), Buffer.from("😀\r\n")]), "stream"],
  ])("%s", async (_story, content, kind, fields) => {
    const attachment = parseOne({ content: content(), ...fields });
    expect(attachment.content.kind).toBe(kind);
    expect(await read(attachment)).toBe("Grüße 😀\r\n");
  });

  it("half a surrogate pair in a string as U+FFFD", async () => {
    expect(await read(parseOne({ content: "a\ud800b" }))).toBe("a\ufffdb");
  });

  it("a Blob as often as wanted, and its size is known", async () => {
    const attachment = parseOne({ content: new Blob(["twice"]) });
    expect(attachment.content).toMatchObject({ once: false, size: 5 });
    expect([await read(attachment), await read(attachment)]).toEqual(["twice", "twice"]);
  });

  it("chunks whose buffer is filled again for the next one", async () => {
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const buffer = Buffer.alloc(3);
      for (const letter of "abc") yield buffer.fill(letter);
    }
    const kept: Uint8Array[] = [];
    for await (const chunk of await open(parseOne({ content: reusing() }))) kept.push(chunk);
    expect(Buffer.concat(kept).toString()).toBe("aaabbbccc");
  });

  it("bytes without copying them", () => {
    const bytes = new Uint8Array(8);
    expect(parseOne({ content: bytes }).content).toEqual({ kind: "bytes", bytes });
    expect((parseOne({ content: bytes }).content as { bytes: Uint8Array }).bytes).toBe(bytes);
  });
});

describe("bytes that were transferred elsewhere, and would go as an empty file,", () => {
  function transferred(): Uint8Array {
    const bytes = new Uint8Array(100);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  }

  it("are refused", () => {
    const bytes = transferred();
    for (const content of [bytes, bytes.buffer]) {
      expect(issuesOf(() => parse([{ content: content as ArrayBuffer }]))).toEqual([
        { path: "attachments[0].content", message: "holds bytes that were transferred elsewhere" },
      ]);
    }
    expect(issuesOf(() => parseMessage({ raw: bytes }, CONTEXT))).toMatchObject([{ path: "raw" }]);
  });

  it("fail the stream they are a chunk of", async () => {
    const attachment = parseOne({ filename: "a.bin", content: chunks(encode("x"), transferred()) });
    await expect(read(attachment)).rejects.toMatchObject({ code: "attachment-failed" });
  });
});

describe("names and types", () => {
  it.each([
    ["invoice.pdf", "invoice.pdf", "application/pdf"],
    ["Überblick 李.PNG", "Überblick 李.PNG", "image/png"],
    ['a "quoted", name\'s.csv', 'a "quoted", name\'s.csv', "text/csv"],
    ["../../etc/passwd", "passwd", "application/octet-stream"],
    [
      "C:\\Users\\ada\\report.docx",
      "report.docx",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
    ["invoice\u202efdp.exe", "invoicefdp.exe", "application/octet-stream"],
    ["a\u0007b\u0085.txt", "ab.txt", "text/plain"],
    [" spaces .txt ", "spaces .txt", "text/plain"],
    ["archive.tar.gz", "archive.tar.gz", "application/gzip"],
    ["half\ud800.txt", "half\ufffd.txt", "text/plain"],
    ["a.constructor", "a.constructor", "application/octet-stream"],
    ["a.__proto__", "a.__proto__", "application/octet-stream"],
    ["pdf", "pdf", "application/octet-stream"],
  ])("%j is %j, %s", (given, filename, contentType) => {
    expect(parseOne({ filename: given, content: new Uint8Array() })).toMatchObject({ filename, contentType });
  });

  it.each([["."], [".."], ["a/"], ["\u202e"], [" "], [""]])("%j is no name", (filename) => {
    expect(parseOne({ filename, content: "" })).not.toHaveProperty("filename");
  });

  it("text says that it is UTF-8, bytes do not", () => {
    expect(parseOne({ filename: "a.txt", content: "x" }).contentType).toBe("text/plain; charset=utf-8");
    expect(parseOne({ content: "x", contentType: "text/csv; header=present" }).contentType).toBe(
      "text/csv; header=present; charset=utf-8",
    );
    expect(parseOne({ content: "x", contentType: 'text/plain; charset="us-ascii"' }).contentType).toBe(
      'text/plain; charset="us-ascii"',
    );
    expect(parseOne({ content: "{}", contentType: "Application/JSON" }).contentType).toBe("application/json");
    expect(parseOne({ content: "eA==", encoding: "base64", filename: "a.txt" }).contentType).toBe("text/plain");
  });

  it("a File has its own name and type, unless it is given another", () => {
    const content = new File(["x"], "a.csv", { type: "application/vnd.ms-excel" });
    expect(parseOne({ content })).toMatchObject({ filename: "a.csv", contentType: "application/vnd.ms-excel" });
    expect(parseOne({ content, filename: "b.txt", contentType: "text/x-b" })).toMatchObject({
      filename: "b.txt",
      contentType: "text/x-b",
    });
    expect(parseOne({ content: new File(["x"], "a.csv", { type: "nonsense" }) }).contentType).toBe("text/csv");
  });

  it("a content id makes it inline, and may have its brackets", () => {
    expect(parseOne({ content: "", contentId: "<logo@acme>" })).toMatchObject({
      contentId: "logo@acme",
      disposition: "inline",
    });
    expect(parseOne({ content: "", contentId: "logo", disposition: "attachment" }).disposition).toBe("attachment");
    expect(parseOne({ content: "" }).disposition).toBe("attachment");
  });

  it("headers of its own are kept", () => {
    const headers = { "Content-Description": "An invoice", "X-A": ["1", "2"] };
    expect(parseOne({ content: "", headers }).headers.map(({ name }) => name)).toEqual([
      "Content-Description",
      "X-A",
      "X-A",
    ]);
  });
});

describe("a map of names to content", () => {
  it("is a list of attachments", async () => {
    const attachments = parse({ "a.txt": "A", "b/c.pdf": encode("C") });
    expect(attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual([
      ["a.txt", "text/plain; charset=utf-8"],
      ["c.pdf", "application/pdf"],
    ]);
    expect(await Promise.all(attachments.map((one) => read(one)))).toEqual(["A", "C"]);
  });

  it("may be a Map, and hold a name that is special elsewhere", () => {
    expect(parse(new Map([["__proto__", "x"]]))[0]?.filename).toBe("__proto__");
    expect(parse(JSON.parse('{ "__proto__": "x" }'))[0]?.filename).toBe("__proto__");
  });
});

describe("content that can be read once", () => {
  it.each([
    ["a stream", () => new Blob(["x"]).stream()],
    ["an iterable", () => chunks(encode("x"))],
  ])("as %s says so, instead of sending an empty part the second time", async (_what, content) => {
    const attachment = parseOne({ filename: "a.txt", content: content() });
    expect(attachment.content).toMatchObject({ once: true });
    await read(attachment);
    await expect(open(attachment)).rejects.toMatchObject({
      code: "attachment-failed",
      retryable: false,
      message: expect.stringMatching(/"a\.txt".*only once.*give bytes/),
    });
  });

  it("is not shared by two attachments", async () => {
    const content = new Blob(["x"]).stream();
    const [first, second] = parse([{ content }, { content }]);
    if (first === undefined || second === undefined) throw new Error("no attachments");
    await read(first);
    await expect(open(second)).rejects.toMatchObject({ code: "attachment-failed" });
  });

  it("is read one chunk at a time, when it is wanted", async () => {
    let made = 0;
    async function* counting(): AsyncGenerator<Uint8Array> {
      for (; made < 100; ) yield new Uint8Array([++made]);
    }
    const reader = (await open(parseOne({ content: counting() }))).getReader();
    expect(made).toBe(0);
    await reader.read();
    expect(made).toBe(1);
    await reader.cancel();
    expect(made).toBe(1);
  });
});

describe("content that fails", () => {
  it.each<[story: string, content: () => unknown, reason: string]>([
    ["gives text", () => chunks("text"), "string"],
    ["gives an object", () => chunks({ length: 1 }), "object"],
    ["gives text from a Node stream", () => Readable.from(["text"]), "string"],
    ["throws", () => failing(), "disk on fire"],
    [
      "cannot be iterated",
      () => ({
        [Symbol.asyncIterator]: () => {
          throw new Error("disk on fire");
        },
      }),
      "disk on fire",
    ],
  ])("because it %s is an error with the name of the attachment", async (_story, content, reason) => {
    const attachment = parseOne({ filename: "a.txt", content: content() });
    await expect(read(attachment)).rejects.toMatchObject({
      code: "attachment-failed",
      phase: "body",
      message: expect.stringMatching(new RegExp(`"a\\.txt" could not be read: .*${reason}`)),
    });
  });

  async function* failing(): AsyncGenerator<Uint8Array> {
    yield encode("x");
    throw new Error("disk on fire");
  }

  it("has its path where it has no name", async () => {
    await expect(read(parseOne({ content: chunks("x") }))).rejects.toThrow("attachments[0] could not be read");
  });
});

describe("giving up", () => {
  it("cancels a stream that is being read", async () => {
    const { stream, cancelled } = stalled();
    const reader = (await open(parseOne({ content: stream }))).getReader();
    const reading = reader.read();
    await reader.cancel("enough");
    expect(await cancelled).toBe("enough");
    expect((await reading).done).toBe(true);
  });

  it("by signal ends a read that waits, and cancels what is behind", async () => {
    const { stream, cancelled } = stalled();
    const controller = new AbortController();
    const reader = (await open(parseOne({ content: stream }), controller.signal)).getReader();
    const reading = reader.read();
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") });
    expect(await cancelled).toEqual(new Error("enough"));
  });

  it("before it is opened cancels it all the same", async () => {
    const { stream, cancelled } = stalled();
    await expect(open(parseOne({ content: stream }), AbortSignal.abort("enough"))).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await cancelled).toBe("enough");
  });

  it("ends a generator", async () => {
    const ended = new Promise<void>((resolve, reject) => {
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield new Uint8Array(1);
        } finally {
          resolve();
        }
      }
      open(parseOne({ content: endless() }))
        .then((stream) => stream.getReader())
        .then((reader) => reader.read().then(() => reader.cancel()))
        .catch(reject);
    });
    await ended;
  });

  it("destroys a Node stream that has nothing to say", async () => {
    const content = new Readable({ read() {} });
    const closed = new Promise((resolve) => content.once("close", resolve));
    const reader = (await open(parseOne({ content }))).getReader();
    const reading = reader.read();
    await reader.cancel();
    await closed;
    expect((await reading).done).toBe(true);
  });

  it("leaves nothing listening on the signal once the content is read", async () => {
    const controller = new AbortController();
    let listening = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listening++;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listening--;
      remove(...given);
    };
    await read(parseOne({ content: new Blob(["x"]) }), signal);
    expect(listening).toBe(0);
  });
});

describe("a path", () => {
  it("is opened by the policy, when the message is sent, and is the same file for every attempt", async () => {
    const opened: string[] = [];
    const openPath = async (path: string) => {
      opened.push(path);
      return new Blob(["from disk"]);
    };
    const [attachment] = parseMessage(
      { ...MESSAGE, attachments: [{ path: "/tmp/a.txt" }] },
      { ...CONTEXT, attachments: { openPath } },
    ).attachments;
    if (attachment === undefined) throw new Error("no attachment");
    expect(attachment).toMatchObject({ filename: "a.txt", contentType: "text/plain", content: { once: false } });
    expect(opened).toEqual([]);
    expect([await read(attachment), await read(attachment)]).toEqual(["from disk", "from disk"]);
    expect(opened).toEqual(["/tmp/a.txt"]);
  });

  it("that cannot be opened is an error with its name", async () => {
    const openPath = () => Promise.reject(new Error("no such file"));
    const [attachment] = parseMessage(
      { ...MESSAGE, attachments: [{ path: "a.txt" }] },
      { ...CONTEXT, attachments: { openPath } },
    ).attachments;
    if (attachment === undefined) throw new Error("no attachment");
    await expect(open(attachment)).rejects.toMatchObject({
      code: "attachment-failed",
      message: '"a.txt" could not be read: no such file',
    });
  });
});
