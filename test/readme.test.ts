import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startServer } from "@edgepost/server/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oldestNode, WHY_NO_OLDEST_NODE } from "./support/node-versions.ts";
import { startSmtpServer, type TestSmtpServer } from "./support/smtp-server.ts";
import { testCertificates } from "./support/tls.ts";
import { startWorker } from "./support/workerd.ts";

// The examples of the README, run as they stand there: `<!-- run: name -->` before a code block names it.

const run = promisify(execFile);
const root = new URL("..", import.meta.url);

let blocks: ReadonlyMap<string, string>;
let server: TestSmtpServer;
let folder: string;
let url: string;

beforeAll(async () => {
  blocks = readBlocks(await readFile(new URL("README.md", root), "utf8"));
  server = await startSmtpServer({ users: { ada: "s3cret" } });
  url = `smtp://ada:s3cret@localhost:${server.port}`;
  const cache = new URL(".cache/", root); // inside the workspace, so that imports find its packages
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache.pathname, "readme-"));
  await writeFile(join(folder, "ca.pem"), (await testCertificates()).ca);
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe("the README", () => {
  it("sends from Node", async () => {
    const printed = await runInNode("node", { SMTP_URL: url, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") });
    expect(printed).toBe("[ 'ada@example.com', 'grace@example.com' ] []");
    expect(server.received.at(-1)?.text).toContain("Subject: Your invoice");
  });

  it("sends from Node in plain JavaScript that the oldest one reads", async (context) => {
    if (oldestNode === undefined) return context.skip(WHY_NO_OLDEST_NODE);
    const file = join(folder, "oldest.mjs");
    await writeFile(file, block("node"));
    await run(oldestNode, ["--check", file]);
  });

  it("sends from Workers", async () => {
    const file = join(folder, "worker.ts");
    await writeFile(file, block("worker"));
    await using worker = await startWorker(pathToFileURL(file), { miniflare: { bindings: { SMTP_URL: url } } });
    expect(await worker.ask("/")).toMatchObject({ accepted: ["ada@example.com"], rejected: [] });
    expect(server.received.at(-1)?.text).toContain("Subject: Hello from the edge");
  });

  it("sends over HTTP", async () => {
    const { ca } = await testCertificates();
    const apiKey = "readme-key-0123456789abcdef0123456789";
    const http = await startServer({
      EDGEPOST_API_KEY: apiKey,
      EDGEPOST_CONNECTIONS: JSON.stringify({
        default: { host: "localhost", port: server.port, tls: { ca }, auth: { username: "ada", password: "s3cret" } },
      }),
      EDGEPOST_PORT: "0",
      EDGEPOST_DATA: ":memory:",
    });
    try {
      const { stdout } = await run("sh", ["-c", block("http")], {
        env: { ...process.env, EDGEPOST_URL: http.url, EDGEPOST_API_KEY: apiKey },
      });
      expect(JSON.parse(stdout)).toMatchObject({ success: true, message: "Email sent successfully" });
      expect(server.received.at(-1)?.text).toContain("Subject: Hello over HTTP");
    } finally {
      await http.close();
    }
  });

  it("sends over a transport of one's own", async () => {
    expect(await runInNode("custom", {})).toBe("billing@acme.com -> ada@example.com: Hello");
  });

  it("stays short enough to be read", async () => {
    expect((await readFile(new URL("README.md", root), "utf8")).split("\n").length).toBeLessThan(200);
  });
});

async function runInNode(name: string, env: Record<string, string>): Promise<string> {
  const file = join(folder, `${name}.ts`);
  await writeFile(file, block(name));
  const conditions = ["--conditions=@edgepost/source"];
  const { stdout } = await run(process.execPath, [...conditions, file], { env: { ...process.env, ...env } });
  return stdout.trim();
}

function block(name: string): string {
  const code = blocks.get(name);
  if (code === undefined) throw new Error(`The README has no block "${name}".`);
  return code;
}

function readBlocks(markdown: string): ReadonlyMap<string, string> {
  const marked = markdown.matchAll(/<!-- run: (\w+) -->\n```\w+\n(.*?)\n```/gs);
  return new Map(Array.from(marked, ([, name = "", code = ""]) => [name, code]));
}
