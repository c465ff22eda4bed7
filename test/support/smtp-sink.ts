import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe } from "vitest";
import { freePort, untilListening } from "./free-port.ts";

/** Postfix's `smtp-sink` on loopback: an SMTP server by the people whose server many of our users talk to. */
export interface TestSmtpSink extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Everything received so far, with `keep`. */
  messages(): Promise<readonly SinkMessage[]>;
  close(): Promise<void>;
}

export interface SinkMessage {
  /** MAIL and RCPT arguments as received: `<a@x.example> SIZE=200`. */
  readonly mail: string;
  readonly recipients: readonly string[];
  /** The message, with LF line ends: how the sink writes it down. */
  readonly text: string;
}

export interface SmtpSinkOptions {
  /** Flags of smtp-sink(1), for example `["-p"]` without pipelining, `["-q", "DATA"]` to hang up at DATA. */
  readonly flags?: readonly string[];
  /** Writes each message to disk, to be read with `messages()`. Default: false, as for speed. */
  readonly keep?: boolean;
}

const binary = findSmtpSink();

/** Why there is none on this machine, if there is none. */
export const whyNoSmtpSink: string | undefined =
  binary === undefined ? 'smtp-sink was not found; install Postfix, on Debian "apt install postfix"' : undefined;

/**
 * `describe`, skipped where Postfix is not installed. A skip nobody notices is a green test that tested nothing, so the
 * title says why.
 */
export const describeWithSmtpSink: (title: string, tests: () => void) => void = (title, tests) =>
  whyNoSmtpSink === undefined ? describe(title, tests) : describe.skip(`${title} (skipped: ${whyNoSmtpSink})`, tests);

export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<TestSmtpSink> {
  if (binary === undefined) throw new Error("smtp-sink is not installed: use describeWithSmtpSink.");
  const folder = await mkdtemp(join(tmpdir(), "smtp-sink-"));
  const port = await freePort();
  const flags = [
    // As root it insists on being told whom to be.
    ...(process.getuid?.() === 0 ? ["-u", "root"] : []),
    ...(options.keep ? ["-d", join(folder, "mail.")] : []),
    ...(options.flags ?? []),
  ];
  const sink = spawn(binary, [...flags, `inet:127.0.0.1:${port}`, "128"], { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  sink.stderr.on("data", (chunk) => (complaint += chunk));
  const ended = new Promise<void>((resolve) => sink.once("close", () => resolve()));
  await Promise.race([
    untilListening(port),
    ended.then(() => Promise.reject(new Error(`smtp-sink did not start: ${complaint}`))),
  ]);

  const close = async (): Promise<void> => {
    sink.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return {
    host: "127.0.0.1",
    port,
    messages: () => readMessages(folder),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function findSmtpSink(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, "smtp-sink")).find((path) => existsSync(path));
}

async function readMessages(folder: string): Promise<SinkMessage[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => parseDump(await readFile(join(folder, name), "latin1"))));
}

/** The dump file format of smtp-sink(1): its own X- headers, a Received header of three lines, the message, an empty line. */
function parseDump(dump: string): SinkMessage {
  const lines = dump.split("\n");
  const received = lines.findIndex((line) => line.startsWith("Received: "));
  const own = lines.slice(0, received);
  const values = (name: string): string[] =>
    own.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  return {
    mail: values("X-Mail-Args")[0] ?? "",
    recipients: values("X-Rcpt-Args"),
    text: lines.slice(received + 3, -1).join("\n"),
  };
}
