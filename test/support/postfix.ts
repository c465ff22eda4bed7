import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { freePorts, untilListening } from "./free-port.ts";
import { startSmtpServer, type TestSmtpServer } from "./smtp-server.ts";
import { testCertificates } from "./tls.ts";

/**
 * A real Postfix on loopback, beside and untouched by one the machine may run: configuration, queue, data and users are
 * in a folder of its own. What it accepts it hands on to `inbox`, where a test reads it.
 */
export interface TestPostfix extends AsyncDisposable {
  readonly ports: Readonly<Record<PostfixService, number>>;
  readonly inbox: TestSmtpServer;
  /** What Postfix says of itself. */
  readLog(): Promise<string>;
  close(): Promise<void>;
}

/**
 * The ways in: who comes in clear text needs no login, everybody else does, after TLS. `small` is STARTTLS, and takes
 * messages of 100,000 octets.
 */
export type PostfixService = (typeof SERVICES)[number];

const SERVICES = ["clear", "starttls", "implicit", "wrongNameStarttls", "wrongNameImplicit", "small"] as const;

export interface TestPostfixOptions {
  /** What RCPT of an address is answered with: `550 5.1.1 Unknown`. Default: nobody is refused. */
  readonly refuse?: Readonly<Record<string, string>>;
}

/** Who may log in. */
export const POSTFIX_LOGIN = { username: "ada", password: "secret" } as const;

const MASTER = "/usr/lib/postfix/sbin/master";
const NAME = "postfix.test";

/** Why there is none on this machine, if there is none. */
export const whyNoPostfix: string | undefined = findReason();

/** `describe`, skipped where Postfix cannot be started: the title says why. */
export const describeWithPostfix: (title: string, tests: () => void) => void = (title, tests) =>
  whyNoPostfix === undefined ? describe(title, tests) : describe.skip(`${title} (skipped: ${whyNoPostfix})`, tests);

function findReason(): string | undefined {
  const missing = [MASTER, "/usr/sbin/saslpasswd2"].find((path) => !existsSync(path));
  if (missing !== undefined) return `there is no ${missing}; on Debian "apt install postfix sasl2-bin"`;
  return process.getuid?.() === 0 ? undefined : "only root may start Postfix";
}

export async function startPostfix(options: TestPostfixOptions = {}): Promise<TestPostfix> {
  if (whyNoPostfix !== undefined) throw new Error(`Postfix cannot be started: ${whyNoPostfix}.`);
  const folder = await mkdtemp(join(tmpdir(), "postfix-"));
  const inbox = await startSmtpServer({ security: "none" });
  const free = await freePorts(SERVICES.length);
  const ports = Object.fromEntries(SERVICES.map((service, index) => [service, free[index]])) as TestPostfix["ports"];

  await writeConfiguration(folder, options, ports, inbox.port);
  await addUser(folder);
  // -e: whatever becomes of the tests, it does not stay.
  const master = spawn(MASTER, ["-c", join(folder, "etc"), "-d", "-e", "1800"], {
    detached: true, // a process group of its own, which it ends as a whole
    stdio: "ignore",
  });
  const readLog = () => readFile(join(folder, "log"), "utf8").catch(() => "");
  const ended = endOf(master);
  await Promise.race([
    Promise.all(Object.values(ports).map(untilListening)),
    ended.then(async () => Promise.reject(new Error(`Postfix did not start: ${await readLog()}`))),
  ]);

  const close = async (): Promise<void> => {
    if (master.pid !== undefined && master.exitCode === null) process.kill(-master.pid, "SIGTERM");
    await ended;
    await inbox.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    ports,
    inbox,
    readLog,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function writeConfiguration(
  folder: string,
  { refuse = {} }: TestPostfixOptions,
  ports: TestPostfix["ports"],
  inboxPort: number,
): Promise<void> {
  const certificates = await testCertificates();
  await chmod(folder, 0o755); // its parts run as the user "postfix"
  const { uid, gid } = await stat("/var/lib/postfix");
  for (const name of ["etc", "etc/sasl", "queue", "queue/pid"]) await mkdir(join(folder, name));
  for (const name of ["data", ...QUEUES.map((queue) => `queue/${queue}`)]) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), uid, gid);
  }

  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const chain = ({ cert, key }: { cert: string; key: string }) => `${key}\n${cert}\n`;
  await write("etc/server.pem", chain(certificates.server));
  await write("etc/wrong-name.pem", chain(certificates.wrongName));
  await write("etc/sasl/smtpd.conf", SASL.replace("<folder>", folder));
  const refused = Object.entries(refuse).map(([address, reply]) => `{ ${address} = ${reply} }`);
  await write(
    "etc/main.cf",
    MAIN.replaceAll("<folder>", folder)
      .replace("<inbox>", String(inboxPort))
      .replace("<refused>", refused.join(", ") || "{ nobody@refused.invalid = 550 }"), // it may not be empty
  );
  await write("etc/master.cf", `${smtpServices(folder, ports)}\n${MASTER_CF}`);
}

/** `postfix check` makes them too, and takes two seconds. */
const QUEUES = [
  "active",
  "bounce",
  "corrupt",
  "defer",
  "deferred",
  "hold",
  "incoming",
  "maildrop",
  "private",
  "public",
  "saved",
  "trace",
];

/** Everything that would wait, ask the network or care about the sender is off; the rest is as Postfix ships. */
const MAIN = `
compatibility_level = 3.6
queue_directory = <folder>/queue
data_directory = <folder>/data
maillog_file = <folder>/log
maillog_file_prefixes = <folder>
myhostname = ${NAME}
inet_interfaces = loopback-only
mydestination =
alias_maps =
local_recipient_maps =
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
in_flow_delay = 0
message_size_limit = 10240000
mailbox_size_limit = 0
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{<refused>}, permit
smtpd_tls_chain_files = <folder>/etc/server.pem
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_authenticated_header = yes
smtpd_sasl_local_domain = ${NAME}
cyrus_sasl_config_path = <folder>/etc/sasl
default_transport = smtp:[127.0.0.1]:<inbox>
smtp_tls_security_level = none
smtp_destination_recipient_limit = 1000
`;

const MASTER_CF = `
cleanup  unix       n - n -     0 cleanup
qmgr     unix       n - n 300   1 qmgr
tlsmgr   unix       - - n 1000? 1 tlsmgr
rewrite  unix       - - n -     - trivial-rewrite
bounce   unix       - - n -     0 bounce
defer    unix       - - n -     0 bounce
trace    unix       - - n -     0 bounce
proxymap unix       - - n -     - proxymap
smtp     unix       - - n -     - smtp
error    unix       - - n -     - error
retry    unix       - - n -     - error
anvil    unix       - - n -     1 anvil
scache   unix       - - n -     1 scache
postlog  unix-dgram n - n -     1 postlogd
`;

function smtpServices(folder: string, ports: TestPostfix["ports"]): string {
  const submission = ["smtpd_sasl_auth_enable=yes", "mynetworks=", "smtpd_tls_security_level=encrypt"];
  const implicit = [...submission, "smtpd_tls_wrappermode=yes"];
  const wrongName = `smtpd_tls_chain_files=${folder}/etc/wrong-name.pem`;
  const options: Record<PostfixService, readonly string[]> = {
    clear: ["mynetworks=127.0.0.0/8", "smtpd_tls_security_level=none"],
    starttls: submission,
    implicit,
    wrongNameStarttls: [...submission, wrongName],
    wrongNameImplicit: [...implicit, wrongName],
    small: [...submission, "message_size_limit=100000"],
  };
  return SERVICES.map((service) => {
    const settings = options[service].map((setting) => ` -o ${setting}`).join("");
    return `127.0.0.1:${ports[service]} inet n - n - - smtpd${settings}`;
  }).join("\n");
}

const SASL = `
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: <folder>/etc/sasl/sasldb2
mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
`;

async function addUser(folder: string): Promise<void> {
  const { username, password } = POSTFIX_LOGIN;
  const database = join(folder, "etc/sasl/sasldb2");
  await run("/usr/sbin/saslpasswd2", ["-p", "-c", "-f", database, "-u", NAME, username], password);
  await chmod(database, 0o644);
}

function run(command: string, args: readonly string[], input = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new Error(`${command}: ${stderr}`, { cause: error })),
    );
    child.stdin?.end(input);
  });
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once("close", () => resolve()));
}
