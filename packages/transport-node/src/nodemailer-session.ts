import type { Socket } from "node:net";
import type { OutgoingMail, ParsedConnection, Receipt, SendOptions } from "@edgepost/core";
import { isMailError, MailError } from "@edgepost/core";
import type { ConnectTarget, Session } from "@edgepost/core/smtp";
import type { SMTPConnectionOptions } from "nodemailer/lib/smtp-connection";
import { defaultClientName } from "./host-name.ts";
import { type BodyWatch, bodyFromBytes, bodyFromStream } from "./message-body.ts";
import { composeEnvelope } from "./nodemailer-envelope.ts";
import { NodemailerLink } from "./nodemailer-link.ts";
import { login, tokenHandlers } from "./nodemailer-login.ts";
import { parseReply } from "./reply-lines.ts";
import type { Route } from "./route.ts";
import { Stages } from "./stages.ts";
import { secureSocket, tlsOptions } from "./tls.ts";

export interface SessionSettings {
  readonly connection: ParsedConnection;
  readonly route: Route;
  readonly trace: ((line: string) => void) | undefined;
  /** Its name in receipts. */
  readonly transport: string;
}

/**
 * Opens a connection, greets, secures and authenticates it: a session ready for its first message.
 * @throws MailError
 */
export async function openSession(
  settings: SessionSettings,
  signal: AbortSignal | undefined,
  stages: Stages = new Stages(),
): Promise<NodemailerSession> {
  const { connection, trace } = settings;
  const socket = await openSocket(settings, signal, stages);
  const link = new NodemailerLink(socket, smtpOptions(connection), { ...connection, trace });
  try {
    await greet(link, signal, stages);
    if (connection.security === "starttls" && !link.smtp.secure) throw notSecured();
    if (connection.auth !== undefined) await stages.time("auth", () => login(link, connection, signal));
  } catch (error) {
    await link.quit();
    throw error;
  }
  return new NodemailerSession(settings, link);
}

/** TCP, and TLS where it starts at once; `connectMs` for both. */
async function openSocket(
  { connection, route }: SessionSettings,
  signal: AbortSignal | undefined,
  stages: Stages,
): Promise<Socket> {
  const { host, security, timeouts } = connection;
  const target: ConnectTarget = { ...connection, secure: security === "opportunistic" ? "starttls" : security };
  const limit = AbortSignal.timeout(timeouts.connectMs);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const socket = await stages.time("connect", () => route(target, either));
    if (security !== "implicit") return socket;
    return await stages.time("tls", () => secureSocket(socket, target, either));
  } catch (error) {
    if (!limit.aborted || signal?.aborted || !isMailError(error) || error.code !== "aborted") throw error;
    const message = `No connection to ${host} within ${timeouts.connectMs} ms.`;
    throw new MailError("timeout", message, { phase: "connect", retryable: true, cause: error });
  }
}

function smtpOptions({ security, port, clientName, tls, host }: ParsedConnection): SMTPConnectionOptions {
  return {
    port,
    name: clientName ?? defaultClientName(),
    secure: security === "implicit",
    secured: security === "implicit",
    requireTLS: security === "starttls",
    opportunisticTLS: security === "opportunistic",
    ignoreTLS: security === "none",
    tls: tlsOptions({ host, tls }),
    customAuth: tokenHandlers,
  };
}

/** Greeting, EHLO and, where it is wanted, STARTTLS and EHLO again: one step of nodemailer, two of a verification. */
async function greet(link: NodemailerLink, signal: AbortSignal | undefined, stages: Stages): Promise<void> {
  const startedAt = performance.now();
  const finish = (error?: unknown) => {
    const endedAt = performance.now();
    const tlsMs = link.startTlsAt === undefined ? 0 : (link.securedAt ?? endedAt) - link.startTlsAt;
    const isTlsFault = error !== undefined && link.startTlsAt !== undefined && link.securedAt === undefined;
    if (link.startTlsAt !== undefined) stages.add("tls", tlsMs, isTlsFault ? error : undefined);
    if (!isTlsFault) stages.add("ehlo", endedAt - startedAt - tlsMs, error);
  };
  try {
    await link.run<void>((done) => link.smtp.connect(done), signal);
    finish();
  } catch (error) {
    finish(error);
    throw error;
  }
}

/** One connection, ready for messages. */
export class NodemailerSession implements Session {
  readonly #settings: SessionSettings;
  readonly #link: NodemailerLink;
  #messages = 0;

  constructor(settings: SessionSettings, link: NodemailerLink) {
    this.#settings = settings;
    this.#link = link;
  }

  get usable(): boolean {
    return this.#link.usable;
  }

  /** EHLO keywords with their parameters, upper case. */
  get capabilities(): ReadonlyMap<string, string> {
    return this.#link.dialogue.capabilities;
  }

  async send(mail: OutgoingMail, options: SendOptions = {}): Promise<Receipt> {
    const isReused = this.#messages > 0;
    this.#messages += 1;
    try {
      return await this.#transact(mail, options, isReused);
    } catch (error) {
      throw isReused && isFoundDead(error, this.#link) ? foundDead(error) : error;
    }
  }

  async reset(): Promise<void> {
    await this.#link.run((done) => this.#link.smtp.reset(done), undefined);
  }

  quit(): Promise<void> {
    return this.#link.quit();
  }

  async #transact(mail: OutgoingMail, options: SendOptions, isReused: boolean): Promise<Receipt> {
    const link = this.#link;
    const { connection, transport } = this.#settings;
    const isVerified = link.smtp.secure && connection.tls.rejectUnauthorized;
    const { form, parameters, downgrades } = composeEnvelope(mail, this.capabilities, isVerified);
    const { from, to } = mail.envelope;

    let size = 0;
    const watch: BodyWatch = {
      onPiece() {
        if (options.recipients === "all-or-none" && link.dialogue.refused.length > 0) link.fail(sentToNobody(link));
        link.onPiece();
      },
      onEnd(bytes) {
        size = bytes;
        link.onEnd(bytes);
      },
      onFailure: (error) => link.fail(unreadable(error, link)),
    };
    const bytes = mail.streamed ? undefined : await mail.bytes(form);
    const body = bytes === undefined ? bodyFromStream(mail.stream(form), watch) : bodyFromBytes(bytes, watch);
    const envelope = { from, to: [...to], ...parameters, ...(bytes !== undefined && { size: bytes.length }) };

    link.begin(to, isReused);
    const info = await link.run<{ response: string }>((done) => link.smtp.send(envelope, body, done), options.signal);
    const rejected = [...link.dialogue.refused];
    const refused = new Set(rejected.map(({ address }) => address));
    return {
      messageId: mail.messageId,
      accepted: to.filter((address) => !refused.has(address)),
      rejected,
      reply: info && parseReply(info.response),
      transport,
      size,
      downgrades,
    };
  }
}

/** nodemailer was told to insist on TLS, and does. Nothing secret is left to one line of another library alone. */
function notSecured(): MailError {
  return new MailError("tls-required", "The server did not start TLS, which this connection requires.", {
    phase: "tls",
  });
}

/** Breaking the connection off is how a message is not sent after the server has said that it wants it. */
function sentToNobody({ dialogue }: NodemailerLink): MailError {
  const { trace, refused } = dialogue.situation;
  const names = refused.map(({ address }) => address).join(", ");
  return new MailError("recipients-rejected", `Sent to nobody, since the server refused ${names}.`, {
    phase: "rcpt",
    retryable: refused.some(({ retryable }) => retryable),
    recipients: refused,
    reply: refused[0]?.reply,
    trace,
  });
}

/** The message broke off: its final dot is never sent, and the connection is of no more use. */
function unreadable(error: unknown, { dialogue }: NodemailerLink): MailError {
  if (isMailError(error)) return error;
  const { trace } = dialogue.situation;
  const message = "The message could not be read to its end.";
  return new MailError("attachment-failed", message, { phase: "body", trace, cause: error });
}

/** Lost, silent or on its way out before it said anything of the new message: nothing can have been accepted. */
function isFoundDead(error: unknown, { dialogue }: NodemailerLink): boolean {
  if (!isMailError(error)) return false;
  if (error.reply?.code === 421 && error.phase === "mail") return true;
  return !dialogue.isAnswered && (error.code === "connection-lost" || error.code === "timeout");
}

function foundDead(error: unknown): MailError {
  const message = "The server had closed the connection since the last message.";
  return new MailError("connection-lost", message, { phase: "idle", retryable: true, cause: error });
}
