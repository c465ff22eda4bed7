import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, untilListening } from "./free-port.ts";
import { startSmtpServer, type TestSmtpServer } from "./smtp-server.ts";
import { testCertificates } from "./tls.ts";

/**
 * A mail server as people run it, on loopback, beside and untouched by one the machine may have: all its files are in a
 * folder of its own. What it accepts it hands on to `inbox`, where a test reads it.
 */
export interface TestRelay extends AsyncDisposable {
  readonly ports: RelayPorts;
  readonly inbox: TestSmtpServer;
  /** What it says of itself. */
  readLog(): Promise<string>;
  close(): Promise<void>;
}

/**
 * The ways in: who comes in clear text needs no login, everybody else does, after TLS. `small` is STARTTLS, and takes
 * messages of 100,000 octets; the others take 10 MB.
 */
export type RelayService = (typeof SERVICES)[number];
export type RelayPorts = Readonly<Record<RelayService, number>>;

const SERVICES = ["clear", "starttls", "implicit", "wrongNameStarttls", "wrongNameImplicit", "small"] as const;

/** Who may log in. */
export const RELAY_LOGIN = { username: "ada", password: "relay-canary" } as const;

export interface RelayOptions {
  /** What RCPT of an address is answered with: `550 5.1.1 Unknown`. Default: nobody is refused. */
  readonly refuse?: Readonly<Record<string, string>>;
}

/** What a relay is set up with. In `folder` are `server.pem` and `wrong-name.pem`, each a key and its certificate. */
export interface RelaySettings {
  readonly folder: string;
  readonly ports: RelayPorts;
  readonly inboxPort: number;
  readonly refuse: Readonly<Record<string, string>>;
}

/** How it is started, in the foreground. */
export interface RelayCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The file in `folder` it writes its log to. */
  readonly log: string;
}

export async function startRelay(
  { refuse = {} }: RelayOptions,
  setUp: (settings: RelaySettings) => Promise<RelayCommand>,
): Promise<TestRelay> {
  const folder = await mkdtemp(join(tmpdir(), "relay-"));
  await chmod(folder, 0o755); // its parts run as users of their own
  await writeIdentities(folder);
  const inbox = await startSmtpServer({ security: "none" });
  const free = await freePorts(SERVICES.length);
  const ports = Object.fromEntries(SERVICES.map((service, index) => [service, free[index]])) as RelayPorts;

  const { command, args, env, log } = await setUp({ folder, ports, inboxPort: inbox.port, refuse });
  // A process group of its own, which ends as a whole.
  const relay = spawn(command, args, { detached: true, stdio: "ignore", env: { ...process.env, ...env } });
  const readLog = () => readFile(join(folder, log), "utf8").catch(() => "");
  const ended = endOf(relay);
  await Promise.race([
    Promise.all(Object.values(ports).map(untilListening)),
    ended.then(async (why) => Promise.reject(new Error(`${command} did not start: ${why}\n${await readLog()}`))),
  ]);

  const close = async (): Promise<void> => {
    if (relay.pid !== undefined && relay.exitCode === null) process.kill(-relay.pid, "SIGTERM");
    await ended;
    await inbox.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { ports, inbox, readLog, close, [Symbol.asyncDispose]: close };
}

async function writeIdentities(folder: string): Promise<void> {
  const { server, wrongName } = await testCertificates();
  await writeFile(join(folder, "server.pem"), `${server.key}\n${server.cert}\n`);
  await writeFile(join(folder, "wrong-name.pem"), `${wrongName.key}\n${wrongName.cert}\n`);
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(`it ended with ${code}`));
  });
}
