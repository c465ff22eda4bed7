import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { isMailError, MailError, type ParsedConnection } from "@edgepost/core";
import type { ConnectTarget } from "@edgepost/core/smtp";
import type { SMTPConnectionOptions } from "nodemailer/lib/smtp-connection";
import { defaultClientName } from "../sockets/host-name.ts";
import type { Route } from "../sockets/route.ts";
import { secureSocket, tlsOptions } from "../sockets/tls.ts";
import { summarizeTls } from "../sockets/tls-summary.ts";
import { NodemailerLink } from "./link.ts";
import { login, tokenLogin } from "./login.ts";
import { NodemailerSession } from "./session.ts";
import { Stages } from "./stages.ts";

export interface SessionSettings {
  readonly connection: ParsedConnection;
  readonly route: Route;
  readonly trace: ((line: string) => void) | undefined;
  /** Told the dialogue until the session is open. */
  readonly watcher?: ((line: string) => void) | undefined;
  /** The name of the transport, for receipts. */
  readonly transport: string;
  /** Told, before opening fails, when the socket will be closed. */
  readonly onLeaving?: (closed: Promise<void>) => void;
}

/**
 * Opens a session: connect, greeting, EHLO, STARTTLS and EHLO again, AUTH.
 * @throws MailError
 */
export async function openSession(
  settings: SessionSettings,
  signal: AbortSignal | undefined,
  stages: Stages = new Stages(),
): Promise<NodemailerSession> {
  const { connection, trace, transport, onLeaving = () => {} } = settings;
  const socket = await openSocket(settings, signal, stages);
  const link = new NodemailerLink(socket, smtpOptions(connection), { ...connection, trace });
  link.dialogue.transcript.watcher = settings.watcher;
  try {
    await greet(link, connection, signal, stages);
    if (connection.auth !== undefined) await stages.time("auth", () => login(link, connection, signal));
  } catch (error) {
    onLeaving(link.quit());
    throw error;
  } finally {
    link.dialogue.transcript.watcher = undefined;
  }
  return new NodemailerSession(link, link.smtp.secure && connection.tls.rejectUnauthorized, transport);
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
    const secured = await stages.time("tls", () => secureSocket(socket, target, either));
    stages.secured(summarizeTls(secured));
    return secured;
  } catch (error) {
    if (signal?.aborted || !limit.aborted || !isMailError(error) || error.code !== "aborted") throw error;
    const message = `There was no connection to ${host} within ${timeouts.connectMs} ms.`;
    throw new MailError("timeout", message, { phase: "connect", retryable: true, cause: error });
  }
}

function smtpOptions({ security, port, clientName, host, tls }: ParsedConnection): SMTPConnectionOptions {
  return {
    port,
    name: clientName ?? defaultClientName(),
    secure: security === "implicit",
    secured: security === "implicit",
    requireTLS: security === "starttls",
    opportunisticTLS: security === "opportunistic",
    ignoreTLS: security === "none",
    tls: security === "none" ? {} : tlsOptions({ host, tls }),
    customAuth: tokenLogin,
  };
}

/** Greeting, EHLO and, where it is wanted, STARTTLS and EHLO again: one step of nodemailer, two stages for `verify`. */
async function greet(
  link: NodemailerLink,
  { security }: ParsedConnection,
  signal: AbortSignal | undefined,
  stages: Stages,
): Promise<void> {
  const startedAt = performance.now();
  const note = (error?: unknown) => {
    const { startTlsAt, securedAt } = link;
    const endedAt = performance.now();
    const tlsMs = startTlsAt === undefined ? 0 : (securedAt ?? endedAt) - startTlsAt;
    const failedInTls = startTlsAt !== undefined && securedAt === undefined && error !== undefined;
    if (startTlsAt !== undefined) stages.add("tls", tlsMs, failedInTls ? error : undefined);
    const { _socket: socket } = link.smtp;
    if (securedAt !== undefined && socket instanceof TLSSocket) stages.secured(summarizeTls(socket));
    if (!failedInTls) stages.add("ehlo", endedAt - startedAt - tlsMs, error);
  };
  try {
    await link.run<void>((done) => link.smtp.connect(done), signal);
    if (security === "starttls" && !link.smtp.secure) throw notSecured();
    note();
  } catch (error) {
    note(error);
    throw error;
  }
}

/** nodemailer was told to insist on TLS, and does. Secrets are not left to that alone. */
function notSecured(): MailError {
  return new MailError("tls-required", "The server did not start TLS, which this connection requires.", {
    phase: "tls",
  });
}
