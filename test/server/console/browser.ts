import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, expect, onTestFinished } from "vitest";
import { CHROMIUM } from "../../support/chromium.ts";
import { startSmtpServer, type TestSmtpServer, type TestSmtpServerOptions } from "../../support/smtp-server.ts";
import { TOKEN } from "../endpoint.ts";
import { type Entry, LOGIN, type StartEntry } from "../entries.ts";

let launched: Promise<Browser> | undefined;

/** One browser for a test file; each test has its own profile in it. */
function launch(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  return launched;
}

afterAll(async () => {
  await (await launched)?.close();
});

/** A console in a browser, before an endpoint with a mail server behind it. */
export interface TestConsole {
  readonly entry: Entry;
  readonly smtp: TestSmtpServer;
  readonly page: Page;
  /** Loads one of its pages. */
  open(page: string): Promise<void>;
  /** What ran that should not have, was refused by the policy, or was asked of another host. */
  readonly trouble: readonly string[];
}

export interface TestConsoleOptions {
  readonly variables?: Readonly<Record<string, string>>;
  readonly smtp?: TestSmtpServerOptions;
  readonly context?: BrowserContextOptions;
  /** Undefined stays outside. */
  readonly signInWith?: string | undefined;
}

/** Starts an entry and signs in. Stored connections may lead to the mail server of the test, and to nothing else here. */
export async function startConsole(start: StartEntry, options: TestConsoleOptions = {}): Promise<TestConsole> {
  const smtp = await startSmtpServer({ users: { [LOGIN.username]: LOGIN.password }, ...options.smtp });
  onTestFinished(() => smtp.close());
  const variables = {
    EDGEPOST_ALLOW_HOSTS: "localhost",
    EDGEPOST_ALLOW_PORTS: `465,587,${smtp.port}`,
    EDGEPOST_KEEP_CONTENT: "true",
    ...options.variables,
  };
  const entry = await start(smtp, { variables });
  onTestFinished(() => entry[Symbol.asyncDispose]());
  const { page, trouble } = await openTab(entry, options.context);
  const open = async (name: string) => void (await page.goto(`${entry.url}/console/${name}`));
  if (!("signInWith" in options) || options.signInWith !== undefined) {
    await open("sign-in");
    await signIn(page, options.signInWith);
  }
  return { entry, smtp, page, open, trouble };
}

export async function openTab(
  entry: Entry,
  options: BrowserContextOptions = {},
): Promise<Pick<TestConsole, "page" | "trouble">> {
  const context = await (await launch()).newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on("dialog", (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(`console: ${message.text()}`);
  });
  // What the policy refuses never comes this far.
  await context.route(
    (url) => url.origin !== entry.url,
    (route) => {
      trouble.push(`asked: ${route.request().url()}`);
      return route.abort();
    },
  );
  return { page, trouble };
}

export async function signIn(page: Page, key = TOKEN): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Nothing serious stands in the way of somebody who reads otherwise, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findBarriers(page), `${page.url()}, ${colorScheme}`).toEqual([]);
  }
}

interface Axe {
  run(): Promise<{
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  }>;
}

async function findBarriers(page: Page): Promise<string[]> {
  // By the debugger, which the policy of the page does not bind.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
    );
}
