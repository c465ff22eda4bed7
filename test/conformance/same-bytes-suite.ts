import type { MessageInput } from "@edgepost/core";
import { buildMime } from "@edgepost/core";

/**
 * Messages of every structure, built with a fixed clock and a counting source of randomness. Runs in any runtime: only
 * Web APIs here. `report()` gives the SHA-256 of each message's bytes, built at once and streamed.
 */
export async function report(): Promise<string> {
  const lines: string[] = [];
  for (const [name, message] of Object.entries(messages())) {
    const mail = await buildMime(message, options());
    lines.push(`${name} bytes ${await sha256(await mail.bytes())}`);
    const again = await buildMime(messages()[name] ?? message, options());
    lines.push(`${name} stream ${await sha256(await collect(again.stream()))}`);
  }
  return lines.join("\n");
}

function options(): Parameters<typeof buildMime>[1] {
  let counter = 0;
  return {
    clock: () => new Date(Date.UTC(2026, 10, 20, 12, 0, 0)),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => counter++ % 256),
    hostname: "suite.example",
  };
}

const from = "Åsa Öberg <asa@example.com>";
const pixel = Uint8Array.from({ length: 5000 }, (_, index) => (index * 131) % 256);

/** Made anew on every call: a stream can be read once. */
function messages(): Record<string, MessageInput> {
  const to = ["ada@example.com", { name: "Grace, the “Admiral” Hopper", address: "grace@bücher.example" }];
  const base = { from, to } as const;
  return {
    empty: base,
    text: { ...base, subject: "Plain", text: "Hello\nWorld\n.\n..dots\nFrom here\ntrailing  \n" },
    unicode: {
      ...base,
      subject: "Grüße 👩‍👩‍👧‍👦 ".repeat(12),
      text: "naïve — ¡ñandú! 漢字 👍🏽\r\rlone\uD800surrogate",
    },
    long: { ...base, subject: "x".repeat(2000), text: `${"y".repeat(100_000)}\n${"é".repeat(5000)}` },
    alternative: { ...base, subject: "Both", text: "text", html: "<p>html</p>", amp: "<html ⚡4email></html>" },
    related: {
      ...base,
      subject: "Inline",
      html: '<img src="cid:pixel">',
      attachments: [{ filename: "pixel.png", content: pixel, contentId: "pixel" }],
    },
    mixed: {
      ...base,
      subject: "Files",
      text: "see below",
      html: "<p>see below</p>",
      attachments: [
        { filename: 'naïve "quoted" 漢字 name that is rather long to need continuation 👍 .pdf', content: pixel },
        { filename: "notes.txt", content: "lines\nand\rmore" },
        { filename: "base64.bin", content: "AAECAwQ=", encoding: "base64" },
      ],
    },
    forms: {
      ...base,
      subject: "Every content form",
      attachments: [
        { filename: "buffer.bin", content: pixel.slice().buffer },
        { filename: "blob.bin", content: new Blob([pixel]) },
        { filename: "stream.bin", content: new Blob([pixel, pixel]).stream() },
        { filename: "iterable.bin", content: chunks() },
      ],
    },
    map: { ...base, subject: "Map", attachments: { "a.csv": "a,b\r\n1,2\r\n", "b.bin": pixel } },
    calendar: {
      ...base,
      subject: "Invitation",
      text: "Come",
      calendar: {
        method: "REQUEST",
        content: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n",
        attach: true,
      },
    },
    headers: {
      ...base,
      subject: "Headers",
      text: "…",
      replyTo: "Team: a@x.example, b@x.example;",
      cc: "undisclosed-recipients:;",
      bcc: "secret@example.com",
      headers: { "X-Tag": ["one", "two"], "X-Long": "word ".repeat(300), "X-Kanji": "漢字".repeat(80) },
      inReplyTo: "<1@example.com>",
      references: ["<0@example.com>", "<1@example.com>"],
      priority: "high",
      listUnsubscribe: { url: "https://example.com/u/1", mailto: "u@example.com", oneClick: true },
      autoSubmitted: "auto-generated",
    },
    internationalised: { ...base, to: "用户@例え.jp", subject: "SMTPUTF8", text: "本文" },
    raw: { raw: "From: a@example.com\nTo: b@example.com\nBcc: c@example.com\nSubject: raw\n\nbody\rline\n" },
  };
}

async function* chunks(): AsyncIterable<Uint8Array> {
  for (let start = 0; start < pixel.length; start += 7) yield pixel.subarray(start, start + 7);
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
