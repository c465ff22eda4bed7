import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, statSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { describe } from "vitest";
import { freePort, untilListening } from "./free-port.ts";

/** Debian keeps a folder for each version. */
const [BIN] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
const STATE_FOLDER = "/var/lib/postgresql";
/** Not the name of our schema, which would be found by that alone. */
const USER = "somebody";

/** Why there is none on this machine, if there is none. */
export const whyNoPostgres: string | undefined = findReason();

/** `describe`, skipped where Postgres cannot be started: the title says why. */
export const describeWithPostgres: (title: string, tests: () => void) => void = (title, tests) =>
  whyNoPostgres === undefined ? describe(title, tests) : describe.skip(`${title} (skipped: ${whyNoPostgres})`, tests);

function findReason(): string | undefined {
  if (BIN === undefined) return 'there is no /usr/lib/postgresql; on Debian "apt install postgresql"';
  if (process.getuid?.() !== 0) return undefined;
  const hasOwner = statSync(STATE_FOLDER, { throwIfNoEntry: false }) !== undefined;
  return hasOwner ? undefined : `it refuses to run as root, and ${STATE_FOLDER} does not tell who its own user is`;
}

/** A Postgres of its own on loopback, beside and untouched by one the machine may have. */
export interface TestPostgres extends AsyncDisposable {
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Goes away, as at a restart: every link to it breaks. */
  stop(): Promise<void>;
  /** Comes back, at the same port and with everything that was committed. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  if (whyNoPostgres !== undefined) throw new Error(`Postgres cannot be started: ${whyNoPostgres}.`);
  const owner = process.getuid?.() === 0 ? ownerOf(STATE_FOLDER) : undefined;
  const folder = await mkdtemp(join(tmpdir(), "postgres-"));
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const port = await freePort();
  let server: ChildProcess;

  function run(program: string, ...args: readonly string[]): ChildProcess {
    // The program puts its files where it is told, and its language does not depend on the machine.
    const child = spawn(join(BIN ?? "", program), args, {
      ...owner,
      cwd: folder,
      env: { LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout?.resume();
    return child;
  }

  async function start(): Promise<void> {
    // Nothing is proven here about disks: what dies are our processes, and Postgres itself, never the machine.
    const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "fsync=off"];
    server = run("postgres", "-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting]));
    const failed = errorOf(server).then((error) => Promise.reject(new Error(`Postgres did not start: ${error}`)));
    await Promise.race([untilReady(port), failed]);
  }

  async function stop(): Promise<void> {
    if (server.exitCode !== null) return;
    const closed = once(server, "close");
    server.kill("SIGINT"); // "fast": it waits for nobody
    await closed;
  }

  const initdb = run("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8");
  const said = await errorOf(initdb);
  if (initdb.exitCode !== 0) throw new Error(`initdb failed: ${said}`);
  await start();

  let databases = 0;
  const urlOf = (name: string) => `postgres://${USER}@127.0.0.1:${port}/${name}`;
  const close = async (): Promise<void> => {
    await stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    async createDatabase() {
      const name = `test_${++databases}`;
      const client = new Client({ connectionString: urlOf("postgres") });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return urlOf(name);
    },
    stop,
    start,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function ownerOf(path: string): { readonly uid: number; readonly gid: number } {
  const { uid, gid } = statSync(path);
  return { uid, gid };
}

/** What it has to complain about, once it has ended. */
async function errorOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stderr?.on("data", (data) => {
    text = `${text}${data}`.slice(-2_000);
  });
  await once(child, "close");
  return text;
}

/** It listens before it has recovered. */
async function untilReady(port: number): Promise<void> {
  for (;;) {
    await untilListening(port);
    const client = new Client({ host: "127.0.0.1", port, user: USER, database: "postgres" });
    client.on("error", () => {});
    const isReady = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (isReady) return;
  }
}
