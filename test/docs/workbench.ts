import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type RunningServer, startServer } from "@edgepost/server/node";
import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";
import { startWorker } from "../support/workerd.ts";
import { type Block, type Page, root } from "./page.ts";

const run = promisify(execFile);

/**
 * What the code of one page is run with: a mail server to send to, the endpoint before it, and a folder with the page's
 * files. Programs and shells find both in the variables the pages speak of: `SMTP_URL` (user `ada`), `EDGEPOST_URL`,
 * `EDGEPOST_API_KEY`, whose connection `default` leads to the same mail server.
 */
export interface Workbench extends AsyncDisposable {
  readonly inbox: TestSmtpServer;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a block where its mark says, and gives what it printed. */
  run(block: Block): Promise<string>;
  /** The message that the inbox received last, LF line ends. */
  arrived(): string;
}

export async function openWorkbench(page: Page): Promise<Workbench> {
  const { ca } = await testCertificates();
  const inbox = await startSmtpServer({ users: { ada: "canary" } });
  const endpoint = await startEndpoint(inbox, ca);
  const folder = await makeFolder(page, { "ca.pem": ca });
  const env = {
    SMTP_URL: `smtp://ada:canary@localhost:${inbox.port}`,
    EDGEPOST_URL: endpoint.url,
    EDGEPOST_API_KEY: API_KEY,
    NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
    DENO_CERT: join(folder, "ca.pem"),
    NO_COLOR: "1",
  };

  return {
    inbox,
    env,
    async run(block) {
      const [place = "", ...words] = block.mark?.words ?? [];
      const bindings = words.filter((word) => word.includes("=")).map((word) => word.split("=", 2));
      if (place === "worker") return runWorker(await write(folder, block), env, Object.fromEntries(bindings));
      const command = place === "sh" ? ["sh", "-euc", block.code] : commandOf(place, await write(folder, block));
      return runCommand(command, folder, env);
    },
    arrived: () =>
      Buffer.from(inbox.received.at(-1)?.raw ?? [])
        .toString()
        .replaceAll("\r\n", "\n")
        .trim(),
    async [Symbol.asyncDispose]() {
      await endpoint.close();
      await inbox.close();
      await rm(folder, { recursive: true });
    },
  };
}

const API_KEY = "guide-key-0123456789abcdef0123456789";

function startEndpoint(inbox: TestSmtpServer, ca: string): Promise<RunningServer> {
  const auth = { username: "ada", password: "canary" };
  return startServer({
    EDGEPOST_API_KEY: API_KEY,
    EDGEPOST_CONNECTIONS: JSON.stringify({ default: { host: "localhost", port: inbox.port, tls: { ca }, auth } }),
    EDGEPOST_PORT: "0",
    EDGEPOST_DATA: ":memory:",
  });
}

/** Inside the workspace, so that imports find its packages. */
async function makeFolder(page: Page, files: Readonly<Record<string, string>>): Promise<string> {
  const cache = join(root, ".cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "docs-"));
  const shown = page.blocks.filter(({ mark }) => mark?.kind === "file");
  const pageFiles = shown.map(({ mark, code }) => [mark?.words.join(" ") ?? "", `${code}\n`] as const);
  for (const [name, content] of [...Object.entries(files), ...pageFiles]) await writeFile(join(folder, name), content);
  return folder;
}

async function write(folder: string, block: Block): Promise<string> {
  const file = join(folder, `line-${block.line}.${block.language}`);
  await writeFile(file, block.code);
  return file;
}

const SOURCE = "--conditions=@edgepost/source";
/** Those that the page on Deno names. */
const DENO_PERMISSIONS = ["--allow-net", "--allow-env"];

function commandOf(place: string, file: string): string[] {
  if (place === "node") return [process.execPath, SOURCE, file];
  const bin = join(root, "node_modules/.bin", place);
  if (place === "deno")
    return [
      bin,
      "run",
      "--quiet",
      "--no-lock",
      "--node-modules-dir=manual",
      "--no-prompt",
      ...DENO_PERMISSIONS,
      SOURCE,
      file,
    ];
  if (place === "bun") return [bin, SOURCE, file];
  throw new Error(`Nothing is known of running a block in "${place}".`);
}

async function runCommand(
  [command = "", ...args]: string[],
  folder: string,
  env: Record<string, string>,
): Promise<string> {
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  const { stdout } = await run(command, args, { cwd: folder, env: { ...process.env, ...env, PATH: path } });
  return stdout.replaceAll("\r\n", "\n").trim();
}

async function runWorker(file: string, env: Record<string, string>, durableObjects: object): Promise<string> {
  await using worker = await startWorker(pathToFileURL(file), { miniflare: { bindings: env, durableObjects } });
  const response = await worker.fetch("/");
  const text = await response.text();
  if (!response.ok) throw new Error(`The Worker answered ${response.status}: ${text}`);
  return text.trim();
}
