import { generateKeyPairSync } from "node:crypto";
import { buildMime, createMailer, type MessageInput } from "@edgepost/core";
import { dkimSigner } from "@edgepost/core/dkim";
import { memoryTransport } from "@edgepost/core/testing";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { describe, expect, it } from "vitest";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed25519 = generateKeyPairSync("ed25519");
const sign = [
  dkimSigner({
    domain: "acme.com",
    selector: "rsa",
    privateKey: rsa.privateKey.export({ format: "pem", type: "pkcs1" }).toString(),
  }),
  dkimSigner({
    domain: "acme.com",
    selector: "ed",
    privateKey: ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  }),
];

const keys: Record<string, string> = {
  "rsa._domainkey.acme.com": `v=DKIM1; p=${rsa.publicKey.export({ format: "der", type: "spki" }).toString("base64")}`,
  "ed._domainkey.acme.com": `v=DKIM1; k=ed25519; p=${ed25519.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64")}`,
};

async function verify(bytes: Uint8Array): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(bytes), { resolver: async (name) => [[keys[name] ?? ""]] });
  return results.map(({ status }) => `${status.result} ${status.comment || ""}`.trim());
}

const base: MessageInput = { from: "Ada <ada@acme.com>", to: "grace@example.com", subject: "Grüße" };

/** A stream that can be asked for again, as a retry would. */
function blob(): Blob {
  return new Blob([new Uint8Array(200_000).map((_, index) => index)]);
}

describe("a signed message", () => {
  const messages: readonly (readonly [string, MessageInput])[] = [
    ["of text", { ...base, text: "Hello\n\n.dot \n\nFrom here\n\n\n" }],
    ["without a body", base],
    ["of text and HTML", { ...base, text: "Grüße aus Köln", html: `<p>${"x".repeat(3000)}</p>` }],
    ["with list fields", { ...base, text: "x", listUnsubscribe: { url: "https://acme.com/u", oneClick: true } }],
    [
      "with a file at hand",
      { ...base, text: "x", attachments: [{ filename: "a.bin", content: new Uint8Array(70_000) }] },
    ],
    ["with a streamed file", { ...base, text: "x", attachments: [{ filename: "a.bin", content: blob() }] }],
    ["that was ready", { raw: "From: ada@acme.com\nTo: grace@example.com\nSubject: raw\n\nHello \n\n\n" }],
  ];

  it.each(messages)("%s passes an independent verifier", async (_, message) => {
    expect(await verify(await (await buildMime(message, { sign })).bytes())).toEqual(["pass", "pass"]);
  });

  it.each(messages)("%s is the same as bytes and as a stream", async (_, message) => {
    const mail = await buildMime(message, { sign });
    const streamed = new Uint8Array(await new Response(mail.stream()).arrayBuffer());

    expect(await verify(streamed)).toEqual(["pass", "pass"]);
  });
});

describe("a ready message that comes in pieces", () => {
  const bodies = [
    "",
    "\r\n",
    "\r\n\r\n\r\n",
    " \r\n\t\r\n",
    "a",
    "a ",
    "a\t \r\n \r\n",
    "\r",
    "\n",
    "a\rb",
    "a\r\rb",
    "a\n\rb",
    "a\r\n\r",
    "\r\n \r\na\r\n",
    "  a  b\t\tc  \r\n\r\n",
    ".\r\n..\r\n",
    "x".repeat(998),
    `${" ".repeat(998)}\r\n`,
    "é\r\n",
  ];
  const forms = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"] as const;
  const privateKey = ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

  it.each(bodies)("is signed as it arrives, whatever its body is: %j", async (body) => {
    const bytes = new TextEncoder().encode(`From: ada@acme.com\r\nTo: grace@example.com\r\n\r\n${body}`);
    for (const canonicalization of forms) {
      for (const size of [1, 2, bytes.length]) {
        const raw = new Blob([bytes]).stream().pipeThrough(cutInto(size));
        const input = { raw, envelope: { from: "ada@acme.com", to: "grace@example.com" } };
        const signer = dkimSigner({ domain: "acme.com", selector: "ed", privateKey, canonicalization });
        expect(await verify(await (await buildMime(input, { sign: signer })).bytes())).toEqual(["pass"]);
      }
    }
  });

  it.each([
    ["a line that is no field", "garbage\r\n"],
    ["a From behind a byte order mark", "\ufeff"],
    ["a line of a mailbox file", "From ada@acme.com Sat Jan  1 00:00:00 2025\r\n"],
  ])("is not signed with %s, which readers read in different ways", async (_story, line) => {
    const mail = await buildMime(
      { raw: `${line}From: ada@acme.com\r\nTo: grace@example.com\r\n\r\nHello\r\n` },
      { sign },
    );
    await expect(mail.bytes()).rejects.toMatchObject({ code: "invalid-message", issues: [{ path: "raw" }] });
  });
});

function cutInto(size: number): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += size) controller.enqueue(chunk.slice(at, at + size));
    },
  });
}

it("with a file from a URL is sent as it was signed, whatever the URL would answer next", async () => {
  let answers = 0;
  const url = { fetch: async () => new Response(`version ${++answers}`), resolve: "platform" } as const;
  const input = { ...base, attachments: [{ url: "https://acme.example/report.csv" }] };
  const mail = await buildMime(input, { sign, attachments: { url } });

  expect(await verify(await mail.bytes())).toEqual(["pass", "pass"]);
  expect(answers).toBe(1);
});

it("never leaves without its signature", async () => {
  const outbox = memoryTransport();
  const pem = rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString().split("\n");
  pem.splice(10, 2);
  const mailer = createMailer({
    transport: outbox,
    sign: dkimSigner({ domain: "acme.com", selector: "rsa", privateKey: pem.join("\n") }),
  });

  await expect(mailer.send({ ...base, text: "secret" })).rejects.toMatchObject({ code: "invalid-message" });
  expect(outbox.sent).toEqual([]);
});
