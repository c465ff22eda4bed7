import { existsSync, globSync } from "node:fs";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe } from "vitest";
import {
  RELAY_LOGIN,
  type RelayCommand,
  type RelayOptions,
  type RelaySettings,
  startRelay,
  type TestRelay,
} from "./relay.ts";

/**
 * Debian lets Exim and Postfix not be installed side by side, so `.ci/run` unpacks Exim's package, what it needs, and
 * cwrap's nss_wrapper here: that one shows Exim the user it was built to run as, and nobody else.
 */
const FOLDER = "/var/cache/edgepost/exim";
const EXIM = join(FOLDER, "usr/sbin/exim4");
const [NSS_WRAPPER = ""] = globSync(join(FOLDER, "usr/lib/*/libnss_wrapper.so"));
/** Any that nobody has. */
const USER_ID = 48_725;

/** Why there is none on this machine, if there is none. */
export const whyNoExim: string | undefined = findReason();

/** `describe`, skipped where Exim cannot be started: the title says why. */
export const describeWithExim: (title: string, tests: () => void) => void = (title, tests) =>
  whyNoExim === undefined ? describe(title, tests) : describe.skip(`${title} (skipped: ${whyNoExim})`, tests);

function findReason(): string | undefined {
  if (!existsSync(EXIM) || NSS_WRAPPER === "") return `Exim was not unpacked to ${FOLDER}, as .ci/run does`;
  return process.getuid?.() === 0 ? undefined : "only root may start Exim";
}

/** Exim, with GnuTLS where Postfix has OpenSSL. */
export async function startExim(options: RelayOptions = {}): Promise<TestRelay> {
  if (whyNoExim !== undefined) throw new Error(`Exim cannot be started: ${whyNoExim}.`);
  return startRelay(options, async (settings) => {
    const { folder } = settings;
    await writeFile(join(folder, "exim.conf"), configuration(settings));
    await writeFile(
      join(folder, "passwd"),
      `root:x:0:0::/:\nDebian-exim:x:${USER_ID}:${USER_ID}::/:\nmail:x:8:8::/:\n`,
    );
    await writeFile(join(folder, "group"), `root:x:0:\nDebian-exim:x:${USER_ID}:\nmail:x:8:\nadm:x:4:\n`);
    for (const name of ["spool", "logs"]) {
      await mkdir(join(folder, name));
      await chown(join(folder, name), USER_ID, USER_ID);
    }
    const env = {
      LD_PRELOAD: NSS_WRAPPER,
      LD_LIBRARY_PATH: dirname(NSS_WRAPPER),
      NSS_WRAPPER_PASSWD: join(folder, "passwd"),
      NSS_WRAPPER_GROUP: join(folder, "group"),
    };
    const args = ["-C", join(folder, "exim.conf"), "-bdf"];
    return { command: EXIM, args, env, log: "logs/mainlog" } satisfies RelayCommand;
  });
}

function configuration({ folder, ports, inboxPort, refuse }: RelaySettings): string {
  const at = (...services: readonly (keyof typeof ports)[]) =>
    `or{${services.map((service) => `{eq{$received_port}{${ports[service]}}}`).join("")}}`;
  const refusals = Object.entries(refuse).map(([address, reply]) => {
    const verb = reply.startsWith("4") ? "defer" : "deny";
    return `  ${verb} condition = \${if eq{$local_part@$domain}{${address}}}\n    message = ${reply}`;
  });
  const isRightPassword = (name: string, password: string) =>
    `\${if and{{eq{${name}}{${RELAY_LOGIN.username}}}{eq{${password}}{${RELAY_LOGIN.password}}}}}`;

  return `
exim_path = ${EXIM}
keep_environment = LD_PRELOAD : LD_LIBRARY_PATH : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
spool_directory = ${folder}/spool
pid_file_path = ${folder}/spool/pid
log_file_path = ${folder}/logs/%slog
primary_hostname = exim.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${Object.values(ports).join(" : ")}
tls_on_connect_ports = ${ports.implicit} : ${ports.wrongNameImplicit}
tls_advertise_hosts = \${if ${at("clear")}{}{*}}
tls_certificate = ${folder}/\${if ${at("wrongNameStarttls", "wrongNameImplicit")}{wrong-name}{server}}.pem
message_size_limit = \${if ${at("small")}{100000}{10240000}}
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
deliver_drop_privilege = true
acl_smtp_rcpt = check_recipient

begin acl
check_recipient:
${refusals.join("\n")}
  accept authenticated = *
  accept condition = \${if ${at("clear")}}
  deny message = Log in first

begin routers
inbox:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = inbox

begin transports
inbox:
  driver = smtp
  port = ${inboxPort}
  allow_localhost
  hosts_avoid_tls = *
# It would send QUIT along with the final dot, and smtp-server then takes some messages for unfinished.
  hosts_avoid_pipelining = *

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = \${if def:tls_in_cipher}
  server_condition = ${isRightPassword("$auth2", "$auth3")}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_advertise_condition = \${if def:tls_in_cipher}
  server_prompts = Username:: : Password::
  server_condition = ${isRightPassword("$auth1", "$auth2")}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_advertise_condition = \${if def:tls_in_cipher}
  server_secret = \${if eq{$auth1}{${RELAY_LOGIN.username}}{${RELAY_LOGIN.password}}fail}
  server_set_id = $auth1
`;
}
