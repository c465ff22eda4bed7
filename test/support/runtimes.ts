import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { CHROMIUM, whyNoChromium } from "./chromium.ts";

const run = promisify(execFile);
const bin = (name: string) => new URL(`../../node_modules/.bin/${name}`, import.meta.url).pathname;

/** A runtime that evaluates a module whose `report()` resolves to text, and gives that text back. */
export interface Runtime {
  readonly name: string;
  /** Why it cannot run on this machine, if it cannot. */
  readonly missing?: string;
  evaluate(module: string): Promise<string>;
}

/** Every runtime the builder promises the same bytes in. */
export const runtimes: readonly Runtime[] = [
  { name: "Node", evaluate: (module) => runCommand(bin("node"), [], module) },
  { name: "Deno", evaluate: (module) => runCommand(bin("deno"), ["run", "--quiet", "--no-config"], module) },
  { name: "Bun", evaluate: (module) => runCommand(bin("bun"), ["run"], module) },
  { name: "workerd", evaluate: runInWorkerd },
  {
    name: "Chromium",
    ...(whyNoChromium !== undefined && { missing: whyNoChromium }),
    evaluate: runInChromium,
  },
];

/** One file with everything a suite imports, from the sources. */
export async function bundle(entry: URL): Promise<string> {
  const result = await build({
    entryPoints: [entry.pathname],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    conditions: ["@edgepost/source"],
    mainFields: ["module", "main"],
  });
  return result.outputFiles[0]?.text ?? "";
}

async function runCommand(command: string, args: string[], module: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edgepost-"));
  try {
    await writeFile(join(folder, "suite.mjs"), module);
    await writeFile(join(folder, "main.mjs"), 'import { report } from "./suite.mjs"; console.log(await report());');
    const { stdout } = await run(command, [...args, join(folder, "main.mjs")], { maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runInWorkerd(module: string): Promise<string> {
  const worker = new Miniflare({
    compatibilityDate: "2026-07-01",
    modules: [
      {
        type: "ESModule",
        path: "main.mjs",
        contents:
          'import { report } from "./suite.mjs"; export default { fetch: async () => new Response(await report()) };',
      },
      { type: "ESModule", path: "suite.mjs", contents: module },
    ],
  });
  try {
    const response = await worker.dispatchFetch("http://suite/");
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  } finally {
    await worker.dispose();
  }
}

async function runInChromium(module: string): Promise<string> {
  const server = createServer((request, response) => {
    const isModule = request.url === "/suite.mjs";
    response.setHeader("content-type", isModule ? "text/javascript" : "text/html");
    response.end(isModule ? module : "<!doctype html><title>suite</title>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    return await page.evaluate("import('/suite.mjs').then((suite) => suite.report())");
  } finally {
    await browser.close();
    server.close();
  }
}
