import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createServer } from "@edgepost/server";
import { nodeTransport } from "@edgepost/transport-node";
import { chromium, type Page } from "playwright-core";
import { listen } from "../../../packages/server/src/node/listen.ts";
import { CHROMIUM } from "../../support/chromium.ts";
import { startSmtpServer } from "../../support/smtp-server.ts";
import { testCertificates } from "../../support/tls.ts";

// `pnpm screenshots`: every page of the console as docs/console/<page>-<light|dark|phone>.png, from an endpoint that has
// been in use for a while.

const FOLDER = fileURLToPath(new URL("../../../docs/console/", import.meta.url));
const TOKEN = "a-key-for-screenshots-and-for-nothing-else";
const LOGIN = { username: "billing@acme.example", password: "canary-of-the-screenshots" };
const MAX_HEIGHT = 1300;

const LOOKS = {
  light: { viewport: { width: 1040, height: 680 }, colorScheme: "light" },
  dark: { viewport: { width: 1040, height: 680 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 780 }, colorScheme: "light", isMobile: true },
} as const;

const { ca } = await testCertificates();
await using smtp = await startSmtpServer({
  users: { [LOGIN.username]: LOGIN.password },
  refuseRecipient: { "former.colleague@example.com": { code: 550, text: "No such user here" } },
});
const connection = { host: "localhost", port: smtp.port, tls: { ca }, auth: LOGIN };

const server = createServer({
  transport: nodeTransport,
  console: true,
  keepContent: true,
  keys: [{ name: "first", token: TOKEN }],
  hosts: {
    allow: ["localhost"],
    ports: [465, 587, smtp.port],
    resolve: async (host) => [host === "localhost" ? "127.0.0.1" : "1.1.1.1"],
  },
});
const { url, close } = await listen("127.0.0.1", 0, (request, bindings) => server.fetch(request, bindings));
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

try {
  await use();
  await mkdir(FOLDER, { recursive: true });
  for (const [look, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext(options);
    await takeAll(await context.newPage(), look);
    await context.close();
  }
} finally {
  await browser.close();
  await close({ done: server.close(), withinMs: 1000 });
}

/** What a few days leave behind. */
async function use(): Promise<void> {
  const from = "Acme Billing <billing@acme.example>";
  await ask("/v1/connections", { name: "billing", ...connection, defaults: { from }, system: true });
  await ask("/v1/connections", { name: "team/alerts", ...connection, security: "opportunistic" });
  const typo = { ...LOGIN, password: "canary-with-a-typo" };
  await ask("/v1/connections", { name: "newsletter", ...connection, auth: typo });
  await ask("/v1/connections", {
    name: "legacy",
    host: "mail.acme.example",
    port: 587,
    auth: LOGIN,
    tls: { rejectUnauthorized: false },
  });
  await ask("/v1/connections/newsletter/verify");
  await ask("/v1/keys", { name: "shop", scopes: ["messages:send", "connections:use"], connections: ["billing"] });
  const expiresAt = "2030-12-31T23:59:59Z";
  await ask("/v1/keys", {
    name: "monitoring",
    scopes: ["messages:send", "connections:use", "messages:read"],
    expiresAt,
  });

  const send = (message: object) => ask("/v1/messages", { connection: "billing", text: "Hello.", ...message });
  await send({ to: "Ada Lovelace <ada@example.com>", subject: "Your invoice 2026-118" });
  await send({
    connection: "team/alerts",
    from: "alerts@acme.example",
    to: "ops@acme.example",
    subject: "Disk almost full on db-2",
  });
  await send({ to: "grace@example.com", subject: "Welcome to Acme ✓" });
  await send({ connection: "newsletter", from, to: "list@example.com", subject: "News in November" });
  const to = ["ada@example.com", "former.colleague@example.com", "grace@example.com"];
  await send({ to, subject: "Minutes of Thursday's meeting" });
}

async function ask(path: string, body?: object): Promise<void> {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  await fetch(`${url}${path}`, { method: "POST", headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

async function takeAll(page: Page, look: string): Promise<void> {
  const open = (name: string) => page.goto(`${url}/console/${name}`);
  const press = (name: string) =>
    Promise.all([page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click()]);
  const take = async (name: string) => {
    const height = Math.min(MAX_HEIGHT, await page.evaluate(() => document.documentElement.scrollHeight));
    const { width } = page.viewportSize() ?? { width: 0 };
    await page.screenshot({
      path: `${FOLDER}${name}-${look}.png`,
      clip: { x: 0, y: 0, width, height },
      fullPage: true,
    });
  };

  await open("sign-in");
  await take("sign-in");
  await page.getByLabel("API key").fill(TOKEN);
  await press("Sign in");
  await open("connections");
  await take("connections");
  await open("connection-new?provider=gmail");
  await take("connection-new");
  await open("connection?name=billing");
  await take("connection");
  await press("Run the test");
  await take("connection-test");
  await open("connection?name=newsletter");
  await press("Run the test");
  await take("connection-fails");
  await open("compose?connection=billing");
  await page.getByLabel("To", { exact: true }).fill("Ada Lovelace <ada@example.com>\ngrace@example.com");
  await page.getByLabel("Subject").fill("Your invoice 2026-119");
  await page.getByLabel("Text").fill("Dear Ada,\n\nthe invoice is attached.\n\nYours, Acme");
  await page
    .getByLabel("HTML")
    .fill('<h2 style="color:#1c4e9c">Dear Ada,</h2>\n<p>the invoice is <b>attached</b>.</p>');
  const file = { name: "invoice.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") };
  await page.getByLabel("Attachments").setInputFiles(file);
  await take("compose");
  await press("Preview");
  await page.locator("#result").screenshot({ path: `${FOLDER}compose-preview-${look}.png` });
  await open("messages");
  await take("messages");
  await page.getByRole("link", { name: "Minutes of" }).click();
  await page.waitForURL("**/message?*");
  await take("message");
  await open("keys");
  await take("keys");
  await page.getByLabel("Name").fill(`intranet ${look}`);
  await press("Make a key");
  await take("key-made");
  await open("settings");
  await take("settings");
}
