import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { startSmtpServer, type TestSmtpServer } from "../support/smtp-server.ts";
import { testCertificates } from "../support/tls.ts";

/**
 * A folder of `examples`, beside a mail server it can send to: run in place, by the commands of its own README, with what
 * was last built, as somebody who copied it would.
 */
export interface Example {
  readonly folder: string;
  readonly inbox: TestSmtpServer;
  /** A URL of `inbox`, whose user is `ada`. */
  readonly smtpUrl: string;
  /** Runs a command of the README to its end, and gives what it printed. */
  run(command: string, env?: Environment): Promise<string>;
  /** Starts a command of the README, which runs until the test ends, and gives what `pattern` finds in what it prints. */
  start(command: string, pattern: RegExp, options?: StartOptions): Promise<RegExpExecArray>;
}

export type Environment = Readonly<Record<string, string>>;

export interface StartOptions {
  readonly env?: Environment;
  /** What the README does not say: a port that is free, above all. */
  readonly more?: string;
  /** What the command comes to, where it finds it only once the package is installed from a registry. */
  readonly as?: string;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

export async function openExample(name: string): Promise<Example> {
  const folder = join(root, "examples", name);
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const inbox = await startSmtpServer({ users: { ada: "canary-of-an-example" } });
  const scratch = await mkdtemp(join(tmpdir(), "edgepost-example-"));
  onTestFinished(async () => {
    await inbox.close();
    await rm(scratch, { recursive: true });
  });
  const authority = join(scratch, "ca.pem");
  await writeFile(authority, (await testCertificates()).ca);
  const smtpUrl = `smtp://ada:canary-of-an-example@localhost:${inbox.port}`;

  function spawnInShell(command: string, { env, more = "", as = command }: StartOptions): ChildProcess {
    if (!readme.includes(command)) throw new Error(`The README of ${name} does not say: ${command}`);
    const child = spawn("sh", ["-c", `${as} ${more}`], {
      cwd: folder,
      detached: true, // a group of its own, since npx starts others that have to end with it
      env: {
        ...process.env,
        PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}`,
        SMTP_URL: smtpUrl,
        NODE_EXTRA_CA_CERTS: authority,
        DENO_CERT: authority,
        NO_COLOR: "1",
        ...env,
      },
    });
    onTestFinished(() => endGroup(child));
    return child;
  }

  return {
    folder,
    inbox,
    smtpUrl,
    async run(command, env = {}) {
      const child = spawnInShell(command, { env });
      const printed = collect(child);
      const exitCode = await new Promise((resolve) => child.once("close", resolve));
      if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${printed()}`);
      return printed().trim();
    },
    start(command, pattern, options = {}) {
      const child = spawnInShell(command, options);
      const printed = collect(child);
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(printed());
          if (found !== null) resolve(found);
        };
        child.stdout?.on("data", look);
        child.once("close", () => reject(new Error(`${command} ended: ${printed()}`)));
      });
    },
  };
}

/** What a process has printed so far, errors too. */
function collect(child: ChildProcess): () => string {
  let printed = "";
  for (const output of [child.stdout, child.stderr]) {
    output?.on("data", (data) => {
      printed += data;
    });
  }
  return () => printed;
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.kill(-child.pid, "SIGKILL");
  await ended;
}
