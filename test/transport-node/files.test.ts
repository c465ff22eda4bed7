import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AttachmentInput } from "@edgepost/core";
import { buildMime, createMailer } from "@edgepost/core";
import { memoryTransport } from "@edgepost/core/testing";
import { fileAttachment, nodeTransport } from "@edgepost/transport-node";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../support/engine.ts";
import { nodeTransports } from "../support/node-transports.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

const message = { from: "ada@example.com", to: "grace@example.com", subject: "Hello" };
const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "files-"));
  await mkdir(join(folder, "public", "deep"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "public", "invoice.pdf"), CONTENT);
  await writeFile(join(folder, "public", "deep", "note.txt"), "Note");
  await writeFile(join(folder, "public-not"), "secret");
  await symlink(join(folder, "secret.txt"), join(folder, "public", "link.txt"));
  await symlink(join(folder, "public", "deep"), join(folder, "public", "shortcut"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("fileAttachment", () => {
  const attached = async (attachment: Awaited<ReturnType<typeof fileAttachment>>) => {
    const transport = memoryTransport();
    await createMailer({ transport }).send({ ...message, attachments: [attachment] });
    const bytes = transport.sent[0]?.bytes ?? expect.unreachable();
    return (await simpleParser(Buffer.from(bytes))).attachments[0];
  };

  test("sends a file with its name, its type and every byte", async () => {
    const received = await attached(await fileAttachment(join(folder, "public", "invoice.pdf")));
    expect(received).toMatchObject({ filename: "invoice.pdf", contentType: "application/pdf" });
    expect(received?.content.equals(CONTENT)).toBe(true);
  });

  test("takes another name, another type and a content id", async () => {
    const options = { filename: "Rechnung.bin", contentType: "application/x-bill", contentId: "bill" };
    const received = await attached(await fileAttachment(join(folder, "public", "invoice.pdf"), options));
    expect(received).toMatchObject({ ...options, contentId: "<bill>" });
  });

  test("takes a file URL", async () => {
    const received = await attached(await fileAttachment(pathToFileURL(join(folder, "public", "deep", "note.txt"))));
    expect(received).toMatchObject({ filename: "note.txt", contentType: "text/plain" });
  });

  test("is read again for each message", async () => {
    const attachment = await fileAttachment(join(folder, "public", "invoice.pdf"));
    for (const _ of [1, 2]) expect((await attached(attachment))?.content.equals(CONTENT)).toBe(true);
  });

  test.each(["nothing-there.pdf", "public", "/dev/zero"])("fails for %s", async (path) => {
    const error = await failureOf(fileAttachment(path.startsWith("/") ? path : join(folder, path)));
    expect(error).toMatchObject({ code: "attachment-failed", phase: "input", retryable: false });
    expect(error.message).toContain(path);
  });
});

describe("a file that changes between two attempts fails the second", () => {
  const attachments: [how: string, attach: (path: string) => AttachmentInput | Promise<AttachmentInput>][] = [
    ["fileAttachment", fileAttachment],
    ["path", (path) => ({ path })],
  ];
  test.each(attachments)("attached by %s", async (_how, attach) => {
    const path = join(folder, "changing.txt");
    await writeFile(path, "before");
    const { attachments } = nodeTransport("smtp://localhost", { files: true });
    const mail = await buildMime({ ...message, attachments: [await attach(path)] }, { attachments });
    await mail.bytes();
    await writeFile(path, "after, and longer");

    expect(await failureOf(mail.bytes("8bit"))).toMatchObject({ code: "attachment-failed" });
  });
});

describe.each(nodeTransports)("path attachments of $name", ({ create }) => {
  const send = async (files: true | string | undefined, path: string) => {
    await using server = await startSmtpServer({ security: "none" });
    const { host, port } = server;
    const mailer = createMailer({ transport: create({ host, port, security: "none" }, { files }) });
    try {
      await mailer.send({ ...message, attachments: [{ path }] });
    } finally {
      await mailer.close();
    }
    const [received] = server.received;
    return (await simpleParser(Buffer.from(received?.raw ?? []))).attachments[0];
  };

  test("are refused unless they were allowed", async () => {
    const error = await failureOf(send(undefined, join(folder, "secret.txt")));
    expect(error).toMatchObject({ code: "invalid-message", issues: [{ path: "attachments[0].path" }] });
  });

  test("may be any file where all are allowed", async () => {
    const received = await send(true, join(folder, "secret.txt"));
    expect(received).toMatchObject({ filename: "secret.txt", content: Buffer.from("secret") });
  });

  test.each(["invoice.pdf", "deep/note.txt", "deep/../invoice.pdf", "shortcut/note.txt"])(
    "may be below the folder: %s",
    async (path) => {
      expect((await send(join(folder, "public"), path))?.size).toBeGreaterThan(0);
    },
  );

  test("may be named in full below the folder", async () => {
    const received = await send(join(folder, "public"), join(folder, "public", "invoice.pdf"));
    expect(received?.content.equals(CONTENT)).toBe(true);
  });

  test.each(["../secret.txt", "deep/../../secret.txt", "link.txt", "../public-not", "..", ".", "nothing-there"])(
    "may not be outside the folder: %s",
    async (path) => {
      expect(await failureOf(send(join(folder, "public"), path))).toMatchObject({ code: "attachment-failed" });
    },
  );

  test("may not be outside the folder: by its full name", async () => {
    const error = await failureOf(send(join(folder, "public"), join(folder, "secret.txt")));
    expect(error).toMatchObject({ code: "attachment-failed" });
  });
});
