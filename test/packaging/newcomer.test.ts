import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readPage, runNamed } from "../docs/page.ts";
import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { startWorker } from "../support/workerd.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { packAll, pnpm } from "./tarballs.ts";

// From the README alone: an empty folder, the names it says to install, the programs as they stand there.

const run = promisify(execFile);
const readme = readPage("README.md");
const PASSWORD = "canary-of-a-newcomer";

describe("a newcomer with the README", () => {
  let packed: Awaited<ReturnType<typeof packAll>>;
  let registry: Registry;
  let inbox: TestSmtpServer;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    packed = await packAll();
    registry = await startRegistry(packed.tarballs);
    inbox = await startSmtpServer({ users: { ada: PASSWORD } });
    folder = await mkdtemp(join(tmpdir(), "edgepost-newcomer-"));
    const authority = join(folder, "ca.pem");
    await writeFile(authority, (await testCertificates()).ca);
    env = {
      ...process.env,
      NODE_EXTRA_CA_CERTS: authority,
      SMTP_URL: `smtp://ada:${PASSWORD}@localhost:${inbox.port}`,
    };
  });
  afterAll(async () => {
    await inbox.close();
    await registry[Symbol.asyncDispose]();
    await rm(packed.folder, { recursive: true });
    await rm(folder, { recursive: true });
  });

  it("sends from Node", async () => {
    const project = await install("node");
    await writeFile(join(project, "send.mjs"), runNamed(readme, "sdk").code);
    const { stdout } = await run("node", ["send.mjs"], { cwd: project, env });
    expect(stdout.trim()).toBe("[ 'ada@example.com', 'grace@example.com' ] []");
    expect(inbox.received.at(-1)?.text).toContain("Subject: Your invoice\r\n");
  });

  it("sends from a Worker", async () => {
    const project = await install("edge");
    const file = join(project, "worker.ts");
    await writeFile(file, runNamed(readme, "edge").code);
    const bundled = join(project, "bundled.mjs");
    await bundleAsWranglerDoes(file, bundled);
    await using worker = await startWorker(pathToFileURL(bundled), {
      miniflare: { bindings: { SMTP_URL: env.SMTP_URL } },
    });
    expect(await worker.ask("/")).toMatchObject({ accepted: ["ada@example.com"] });
    expect(inbox.received.at(-1)?.text).toContain("Subject: Hello from the edge\r\n");
  });

  it("sends by curl, through an endpoint that npx starts", async () => {
    const project = await install("server");
    const { url, key } = await startEndpoint(project);
    const asked = { ...env, EDGEPOST_URL: url, EDGEPOST_API_KEY: key };
    const { stdout } = await run("sh", ["-c", runNamed(readme, "endpoint").code], { env: asked });
    expect(JSON.parse(stdout)).toMatchObject({ success: true, accepted: ["ada@example.com"] });
    expect(inbox.received.at(-1)?.text).toContain("Subject: Hello over HTTP\r\n");
  });

  /** An empty folder with what the README's `npm install` line names for this way of use. */
  async function install(name: string): Promise<string> {
    const [, packages = ""] =
      new RegExp(`npm install ((?:@edgepost/\\S+ )*@edgepost/\\S*${name})`).exec(readme.text) ?? [];
    const project = join(folder, name);
    await mkdir(project);
    await writeFile(join(project, ".npmrc"), `@edgepost:registry=${registry.url}\n`);
    await pnpm(["add", "--ignore-workspace", "--prefer-offline", ...packages.split(" ")], project);
    return project;
  }

  /** Tells its first key, once. */
  async function startEndpoint(project: string): Promise<{ url: string; key: string }> {
    const connections = JSON.stringify({ default: env.SMTP_URL });
    const settings = { ...env, EDGEPOST_CONNECTIONS: connections, EDGEPOST_PORT: "0" };
    const child = spawn("npx", ["@edgepost/server"], { cwd: project, env: settings, detached: true });
    const ended = new Promise((resolve) => child.once("close", resolve));
    onTestFinished(async () => {
      if (child.pid !== undefined) process.kill(-child.pid); // npx, and what it started
      await ended;
    });
    const [, url = "", key = ""] = await untilPrinted(
      child,
      /"event":"listening","url":"([^"]+)".*not shown again: (\S+)\n/s,
    );
    return { url, key };
  }
});

function untilPrinted(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let printed = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk) => {
      printed += chunk;
      const found = pattern.exec(printed);
      if (found !== null) resolve(found);
    });
    child.once("close", () => reject(new Error(`It ended before its time: ${printed}`)));
  });
}

async function bundleAsWranglerDoes(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
  });
}
