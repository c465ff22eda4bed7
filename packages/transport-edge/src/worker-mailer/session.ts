import type { Dsn, MailError, OutgoingMail, ParsedConnection, Receipt, SendOptions } from "@edgepost/core";
import type { ConnectTarget, Session } from "@edgepost/core/smtp";
import { settleWithin } from "../settle.ts";
import { closeSocket } from "../sockets/close-socket.ts";
import { refuseUnsupported } from "../sockets/unsupported.ts";
import { untilOpen } from "../sockets/until-open.ts";
import { authenticate, credentialsFor } from "./authenticate.ts";
import { Dialogue } from "./dialogue.ts";
import { emailOptions } from "./email-options.ts";
import { type Internals, type Package, workerMailer } from "./internals.ts";
import { transact } from "./transaction.ts";

/** How long the answer to QUIT is waited for. */
const QUIT_MS = 1_000;

/** worker-mailer's `LogLevel.NONE`: it would write credentials to the console. */
const LOG_NOTHING = 4;

/**
 * Greeting, EHLO, STARTTLS, EHLO, AUTH: worker-mailer's own steps in the order of the RFC, with what has to hold
 * between them.
 */
export async function openSession(connection: ParsedConnection, signal: AbortSignal): Promise<Session> {
  const { host, port, security, tls, timeouts, clientName = "[127.0.0.1]" } = connection;
  const secure = security === "opportunistic" ? "starttls" : security;
  const target: ConnectTarget = { host, port, secure, tls };
  refuseUnsupported(target);
  const credentials = credentialsFor(connection.auth);
  const { Email, WorkerMailer } = workerMailer();

  const mailer = new WorkerMailer({
    host,
    port,
    secure: secure === "implicit",
    startTls: secure === "starttls",
    logLevel: LOG_NOTHING,
    ...credentials,
  });
  const dialogue = new Dialogue(mailer, { clientName, ...timeouts });
  const disobey = dialogue.obey(signal);
  try {
    const opening = untilOpen(mailer.socket, target, signal).then(() => true);
    if (!(await settleWithin(timeouts.connectMs, opening))) throw unanswered(dialogue, target);
    await dialogue.step("greeting", "greeting-rejected", () => mailer.greet());
    await dialogue.step("ehlo", "greeting-rejected", () => mailer.ehlo());
    const startsTls = secure === "starttls" && (security === "starttls" || mailer.supportsStartTls);
    if (startsTls) await startTls(mailer, dialogue);
    if (credentials !== undefined) {
      await authenticate(mailer, dialogue, startsTls || secure === "implicit" || connection.allowClearText);
    }
    return new WorkerMailerSession(Email, mailer, dialogue);
  } catch (error) {
    await closeSocket(mailer.socket);
    throw error;
  } finally {
    disobey();
  }
}

/** worker-mailer goes on in clear text where STARTTLS is not offered, and believes what was offered before TLS. */
async function startTls(mailer: Internals, dialogue: Dialogue): Promise<void> {
  if (!mailer.supportsStartTls) {
    const message = "The server does not offer STARTTLS, which this connection requires.";
    throw dialogue.error("tls-required", message, { phase: "tls" });
  }
  await dialogue.step("tls", "tls-required", () => mailer.tls());
  dialogue.forget();
  mailer.allowAuth = false;
  mailer.authTypeSupported = [];
  mailer.supportsDSN = false;
  await dialogue.step("ehlo", "greeting-rejected", () => mailer.ehlo());
}

class WorkerMailerSession implements Session {
  readonly #Email: Package["Email"];
  readonly #mailer: Internals;
  readonly #dialogue: Dialogue;
  readonly #offersDsn: boolean;
  #isFresh = true;

  constructor(Email: Package["Email"], mailer: Internals, dialogue: Dialogue) {
    this.#Email = Email;
    this.#mailer = mailer;
    this.#dialogue = dialogue;
    this.#offersDsn = mailer.supportsDSN;
  }

  get usable(): boolean {
    return this.#dialogue.isUsable;
  }

  async send(mail: OutgoingMail, options: SendOptions): Promise<Receipt> {
    const email = new this.#Email(await emailOptions(mail));
    const { dsn } = mail.message;
    // Without a wish nothing is asked: its own default is NOTIFY=NEVER, and no bounce ever comes back.
    this.#mailer.supportsDSN = this.#offersDsn && dsn !== undefined;
    const disobey = this.#dialogue.obey(options.signal);
    try {
      const { accepted, rejected } = await transact(this.#mailer, this.#dialogue, {
        email,
        recipients: mail.envelope.to,
        allOrNone: options.recipients === "all-or-none",
        isFresh: this.#isFresh,
      });
      const { reply, messageBytes } = this.#dialogue;
      return {
        messageId: mail.messageId,
        accepted,
        rejected,
        reply,
        transport: "worker-mailer",
        size: messageBytes,
        downgrades: downgradesOf(dsn, this.#offersDsn),
      };
    } finally {
      this.#isFresh = false;
      disobey();
    }
  }

  /** A transaction stays open after a refused RCPT or DATA only. */
  async reset(): Promise<void> {
    const { phase } = this.#dialogue;
    if (phase !== "rcpt" && phase !== "data") return;
    await this.#dialogue.step("idle", "protocol-error", () => this.#mailer.rset());
  }

  async quit(): Promise<void> {
    if (this.usable) {
      const goodbye = this.#dialogue.step("idle", "protocol-error", () => this.#sayGoodbye());
      await settleWithin(
        QUIT_MS,
        goodbye.catch(() => {}),
      );
    }
    await closeSocket(this.#mailer.socket);
  }

  async #sayGoodbye(): Promise<void> {
    await this.#mailer.writeLine("QUIT");
    await this.#mailer.readTimeout();
  }
}

function downgradesOf(dsn: Dsn | undefined, offersDsn: boolean): string[] {
  if (dsn === undefined) return [];
  if (!offersDsn) return ["dsn"];
  return dsn.originalRecipient ? ["orcpt"] : [];
}

function unanswered(dialogue: Dialogue, { host, port }: ConnectTarget): MailError {
  return dialogue.error("timeout", `${host}:${port} did not answer in time.`, { phase: "connect", retryable: true });
}
