import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startServer } from "@edgepost/server/node";
import { build } from "esbuild";
import { simpleParser } from "mailparser";
import { chromium } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../support/chromium.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

const TOKEN = "test-token-of-the-browser-suite-0123456789ab";

const PAGE_SCRIPT = `
  import { createMailer } from "@edgepost/core";
  import { httpTransport } from "@edgepost/server/client";

  window.send = async (url, apiKey) => {
    const transport = httpTransport({ url, apiKey, connection: "main" });
    const [file] = document.querySelector("input").files;
    return createMailer({ transport, defaults: { from: "page@example.com" } }).send({
      to: "Zoë <zoe@example.com>",
      subject: "From a page ✓",
      html: "<p>Look at the file.</p>",
      attachments: [{ filename: file.name, contentType: file.type, content: file }],
    });
  };
`;

async function servePage(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: PAGE_SCRIPT, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@edgepost/source"],
  });
  const page = `<!doctype html><meta charset="utf-8"><input type="file"><script type="module">${outputFiles[0]?.text}</script>`;
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(page));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.skipIf(whyNoChromium !== undefined)(
  `a page in Chromium sends a picked file through the endpoint (skipped without ${CHROMIUM})`,
  async () => {
    await using smtp = await startSmtpServer({ security: "none" });
    const page = await servePage();
    const endpoint = await startServer({
      EDGEPOST_API_KEY: TOKEN,
      EDGEPOST_DATA: ":memory:",
      EDGEPOST_PORT: "0",
      EDGEPOST_CORS_ORIGINS: page,
      EDGEPOST_CONNECTIONS: JSON.stringify({ main: { host: "127.0.0.1", port: smtp.port, security: "none" } }),
    });
    onTestFinished(() => endpoint.close());
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    onTestFinished(() => browser.close());

    const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 256));
    const tab = await browser.newPage();
    await tab.goto(page);
    await tab.setInputFiles("input", { name: "photo ü.png", mimeType: "image/png", buffer: content });
    const receipt = await tab.evaluate(
      ([url, key]) => (globalThis as unknown as { send(url: string, key: string): Promise<unknown> }).send(url, key),
      [endpoint.url, TOKEN] as const,
    );

    expect(receipt).toMatchObject({ accepted: ["zoe@example.com"], rejected: [], transport: "http" });
    const [received] = await smtp.waitFor(1);
    const parsed = await simpleParser(Buffer.from(received?.raw ?? []));
    expect(parsed).toMatchObject({ subject: "From a page ✓", html: "<p>Look at the file.</p>" });
    expect(parsed.attachments[0]).toMatchObject({ filename: "photo ü.png", contentType: "image/png" });
    expect(parsed.attachments[0]?.content.equals(content)).toBe(true);
  },
  60_000,
);
