import type { Socket } from "cloudflare:sockets";
import { MailError } from "@edgepost/core";
import { Email, type EmailOptions, WorkerMailer, type WorkerMailerOptions } from "worker-mailer";

/**
 * worker-mailer 1.2.1 from within. What TypeScript calls private are plain methods, each one step of the dialogue; the
 * public `connect` and `send` run them all without a look between, and that is where things go wrong.
 */
export interface Internals {
  readonly socket: Socket;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;

  /** Capabilities, added to by each EHLO and never cleared. */
  supportsStartTls: boolean;
  supportsDSN: boolean;
  allowAuth: boolean;
  authTypeSupported: string[];
  /** The message that `mail`, `rcpt` and `body` are about. */
  emailSending: Email | null;

  // Each writes a command, reads its reply, and throws a plain `Error` when that begins with another digit.
  greet(): Promise<void>;
  ehlo(): Promise<void>;
  tls(): Promise<void>;
  auth(): Promise<void>;
  mail(): Promise<void>;
  /** All recipients of `emailSending`, up to the first that is refused. */
  rcpt(): Promise<void>;
  data(): Promise<void>;
  body(): Promise<void>;
  rset(): Promise<void>;

  // What these are made of.
  writeLine(line: string): Promise<void>;
  write(text: string): Promise<void>;
  /** The text of one complete reply. */
  readTimeout(): Promise<string>;
}

export interface Package {
  readonly Email: new (options: EmailOptions) => Email;
  readonly WorkerMailer: new (options: WorkerMailerOptions) => Internals;
}

const STEPS = [
  "greet",
  "ehlo",
  "tls",
  "auth",
  "mail",
  "rcpt",
  "data",
  "body",
  "rset",
  "writeLine",
  "write",
  "readTimeout",
];

/** @throws MailError `unsupported` where another version is installed than the one these steps belong to. */
export function workerMailer(): Package {
  if (STEPS.some((step) => typeof Reflect.get(WorkerMailer.prototype, step) !== "function")) {
    const message = "This version of worker-mailer is not known: install 1.2.1.";
    throw new MailError("unsupported", message, { phase: "connect" });
  }
  return { Email, WorkerMailer } as unknown as Package;
}
