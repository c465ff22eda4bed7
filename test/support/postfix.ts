import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "vitest";
import {
  RELAY_LOGIN,
  type RelayCommand,
  type RelayOptions,
  type RelayPorts,
  type RelayService,
  type RelaySettings,
  startRelay,
  type TestRelay,
} from "./relay.ts";

const MASTER = "/usr/lib/postfix/sbin/master";
const SASLPASSWD = "/usr/sbin/saslpasswd2";
const NAME = "postfix.test";

/** Why there is none on this machine, if there is none. */
export const whyNoPostfix: string | undefined = findReason();

/** `describe`, skipped where Postfix cannot be started: the title says why. */
export const describeWithPostfix: (title: string, tests: () => void) => void = (title, tests) =>
  whyNoPostfix === undefined ? describe(title, tests) : describe.skip(`${title} (skipped: ${whyNoPostfix})`, tests);

function findReason(): string | undefined {
  const missing = [MASTER, SASLPASSWD].find((path) => !existsSync(path));
  if (missing !== undefined) return `there is no ${missing}; on Debian "apt install postfix sasl2-bin"`;
  return process.getuid?.() === 0 ? undefined : "only root may start Postfix";
}

/** Postfix, with the accounts of Cyrus SASL. */
export async function startPostfix(options: RelayOptions = {}): Promise<TestRelay> {
  if (whyNoPostfix !== undefined) throw new Error(`Postfix cannot be started: ${whyNoPostfix}.`);
  return startRelay(options, async (settings) => {
    await makeFolders(settings.folder);
    await configure(settings);
    await addUser(settings.folder);
    // -e: whatever becomes of the tests, it does not stay.
    const args = ["-c", join(settings.folder, "etc"), "-d", "-e", "1800"];
    return { command: MASTER, args, log: "log" } satisfies RelayCommand;
  });
}

/** `postfix check` makes them too, and takes two seconds. */
async function makeFolders(folder: string): Promise<void> {
  const { uid, gid } = await stat("/var/lib/postfix");
  for (const name of ["etc", "etc/sasl", "queue", "queue/pid"]) await mkdir(join(folder, name));
  for (const name of ["data", ...QUEUES.split(" ").map((queue) => `queue/${queue}`)]) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), uid, gid);
  }
}

const QUEUES = "active bounce corrupt defer deferred hold incoming maildrop private public saved trace";

async function configure({ folder, ports, inboxPort, refuse }: RelaySettings): Promise<void> {
  const refused = Object.entries(refuse).map(([address, reply]) => `{ ${address} = ${reply} }`);
  const main = MAIN.replaceAll("<folder>", folder)
    .replace("<inbox>", String(inboxPort))
    .replace("<refused>", refused.join(", ") || "{ nobody@refused.invalid = 550 }"); // it may not be empty
  await writeFile(join(folder, "etc/main.cf"), main);
  await writeFile(join(folder, "etc/master.cf"), `${smtpServices(folder, ports)}\n${MASTER_CF}`);
  // Where Debian's looks for it, whatever cyrus_sasl_config_path says.
  await writeFile(join(folder, "etc/sasl/smtpd.conf"), SASL.replace("<folder>", folder));
}

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
smtpd_tls_chain_files = <folder>/server.pem
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_authenticated_header = yes
smtpd_sasl_local_domain = ${NAME}
cyrus_sasl_config_path = <folder>/etc/sasl
default_transport = smtp:[127.0.0.1]:<inbox>
smtp_tls_security_level = none
smtp_destination_recipient_limit = 1000
`;

function smtpServices(folder: string, ports: RelayPorts): string {
  const submission = ["smtpd_sasl_auth_enable=yes", "mynetworks=", "smtpd_tls_security_level=encrypt"];
  const implicit = [...submission, "smtpd_tls_wrappermode=yes"];
  const wrongName = `smtpd_tls_chain_files=${folder}/wrong-name.pem`;
  const services: Record<RelayService, readonly string[]> = {
    clear: ["mynetworks=127.0.0.0/8", "smtpd_tls_security_level=none"],
    starttls: submission,
    implicit,
    wrongNameStarttls: [...submission, wrongName],
    wrongNameImplicit: [...implicit, wrongName],
    small: [...submission, "message_size_limit=100000"],
  };
  const lines = Object.entries(services).map(([service, settings]) => {
    const port = ports[service as RelayService];
    return `127.0.0.1:${port} inet n - n - - smtpd${settings.map((setting) => ` -o ${setting}`).join("")}`;
  });
  return lines.join("\n");
}

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

const SASL = `
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: <folder>/etc/sasl/sasldb2
mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
`;

async function addUser(folder: string): Promise<void> {
  const database = join(folder, "etc/sasl/sasldb2");
  await new Promise<void>((resolve, reject) => {
    const args = ["-p", "-c", "-f", database, "-u", NAME, RELAY_LOGIN.username];
    const child = execFile(SASLPASSWD, args, (error) => (error === null ? resolve() : reject(error)));
    child.stdin?.end(RELAY_LOGIN.password);
  });
  await chmod(database, 0o644);
}
