import { buildMime, createMailer, isMailError, type MessageInput } from "@edgepost/core";
import { nativeTransport } from "@edgepost/transport-node/native";

/** Something that is given more and more of one thing. */
export interface Growing {
  readonly what: string;
  /** What is counted: recipients, octets. */
  readonly unit: string;
  readonly sizes: readonly number[];
  /** Makes an input of that size, outside of the time that counts; what it returns is timed. */
  prepare(size: number): () => Promise<unknown>;
}

const COUNTS = [1, 10, 100, 1_000];
const OCTETS = [1e3, 1e4, 1e5, 1e6, 1e7];

/** Ordinary messages, and those somebody wrote to be expensive. What is refused takes time, too, and is timed. */
export function growing(port: number): readonly Growing[] {
  const people = (count: number) =>
    Array.from({ length: count }, (_, index) => `Person ${index} <person.${index}@example.com>`);
  const sent = (input: Partial<MessageInput>) => {
    const mailer = createMailer({ transport: nativeTransport({ host: "127.0.0.1", port, security: "none" }) });
    return async () => {
      await mailer.send({ ...MESSAGE, ...input });
    };
  };
  const ofOctets = (what: string, input: (text: string) => Partial<MessageInput>, pattern: string): Growing => ({
    what,
    unit: "octet",
    sizes: OCTETS,
    prepare: (size) => built(input(pattern.repeat(Math.ceil(size / pattern.length)))),
  });
  const text = (what: string, pattern: string) => ofOctets(`text of ${what}`, (text) => ({ text }), pattern);
  const address = (what: string, pattern: string) => ofOctets(`address of ${what}`, (to) => ({ to }), pattern);
  const subject = (what: string, pattern: string) =>
    ofOctets(`subject of ${what}`, (subject) => ({ subject }), pattern);
  const html = (what: string, pattern: string) =>
    ofOctets(`text from HTML of ${what}`, (html) => ({ html, textFromHtml: true, inlineDataImages: true }), pattern);

  return [
    {
      what: "recipients in a list",
      unit: "recipient",
      sizes: [...COUNTS, 10_000],
      prepare: (size) => built({ to: people(size) }),
    },
    {
      what: "recipients in one string",
      unit: "recipient",
      sizes: [...COUNTS, 10_000],
      prepare: (size) => built({ to: people(size).join(", ") }),
    },
    {
      what: "recipients of the envelope alone, sent to smtp-sink",
      unit: "recipient",
      sizes: [...COUNTS, 10_000],
      prepare: (size) => sent({ bcc: people(size) }),
    },
    {
      what: "attachments of 1 KB",
      unit: "attachment",
      sizes: COUNTS,
      prepare: (size) => built({ attachments: attachments(size) }),
    },
    {
      what: "attachments of 1 KB, sent to smtp-sink",
      unit: "attachment",
      sizes: COUNTS,
      prepare: (size) => sent({ attachments: attachments(size) }),
    },
    text("words", "Words in lines of ordinary length, as people write them, again and again.\n"),
    text("one line", "x"),
    text("umlauts", "ä"),
    text("emoji", "👩‍👩‍👧"),
    text("lone CR", "\r"),
    text("empty lines", "\n"),
    text("dots", ".\n"),
    text("From lines", "From \n"),
    text("spaces", " "),
    text("equals signs", "="),
    text("half surrogate pairs", "\ud800"),
    address("commas", ","),
    address("quotes", '"'),
    address("parentheses", "("),
    address("groups", "a:;"),
    address("addresses", "a@example.com,"),
    subject("words", "word "),
    subject("umlauts", "ä"),
    subject("spaces", " "),
    html("paragraphs", "<p>Words, and <a href='https://example.com'>a link</a>.</p>"),
    html("tags that never end", "<a "),
    html("data images", '<img src="data:image/gif;base64,R0lG">'),
    ofOctets("a raw message of LF", (lines) => ({ ...RAW, raw: `Subject: x\n\n${lines}` }), "line\n"),
    ofOctets("a raw header", (lines) => ({ ...RAW, raw: `${lines}\n\nbody` }), "X: y\n"),
    ofOctets("bytes attached", (text) => ({ attachments: [{ content: Buffer.from(text) }] }), "x"),
    ofOctets("bytes attached as a message", (text) => ({ attachments: [attachedMessage(text)] }), "line\r\n"),
    {
      what: "dots in lines of their own, sent to smtp-sink",
      unit: "octet",
      sizes: OCTETS,
      prepare: (size) => sent({ text: ".\n".repeat(size / 2) }),
    },
  ];
}

const MESSAGE: MessageInput = { from: "billing@acme.example", to: "ada@example.com", subject: "Hello", text: "Hello." };
/** Undefined fields are fields nobody gave. */
const RAW: Partial<MessageInput> = {
  from: undefined,
  to: undefined,
  subject: undefined,
  text: undefined,
  envelope: { from: "billing@acme.example", to: "ada@example.com" },
};

function attachments(count: number) {
  const content = new Uint8Array(1_000);
  return Array.from({ length: count }, (_, index) => ({ filename: `file-${index}.bin`, content }));
}

function attachedMessage(lines: string) {
  return { filename: "a.eml", contentType: "message/rfc822", content: Buffer.from(`Subject: x\r\n\r\n${lines}`) };
}

function built(input: Partial<MessageInput>): () => Promise<unknown> {
  return async () => {
    try {
      return await (await buildMime({ ...MESSAGE, ...input })).bytes();
    } catch (error) {
      if (!isMailError(error)) throw error;
      return error;
    }
  };
}
