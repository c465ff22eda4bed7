import type { ParsedConnection } from "../connection.ts";
import { isMailError, MailError } from "../errors.ts";
import type { SmtpReply, TlsSummary, VerificationStageName } from "../receipt.ts";
import { within } from "../util/deadline.ts";
import { authenticate } from "./authenticate.ts";
import { type Capabilities, NO_CAPABILITIES, parseCapabilities } from "./capabilities.ts";
import { ehlo, helo } from "./command.ts";
import type { SmtpLimits } from "./limits.ts";
import { Link } from "./link.ts";
import { formatReply, isNegative } from "./reply.ts";
import { SmtpSession } from "./session.ts";
import type { Connect, SmtpSocket } from "./socket.ts";
import { Trace } from "./trace.ts";

export interface OpenOptions {
  readonly connection: ParsedConnection;
  readonly clientName: string;
  readonly limits: SmtpLimits;
  /** The name of the transport, for receipts. */
  readonly transport: string;
  readonly random: (bytes: number) => Uint8Array;
  readonly trace?: ((line: string) => void) | undefined;
  /** Told the dialogue until the session is open. */
  readonly watcher?: ((line: string) => void) | undefined;
  /** Told which stage begins. */
  readonly onStage?: ((stage: VerificationStageName) => void) | undefined;
  /** Told what the handshake came to, right after it. */
  readonly onSecured?: ((tls: TlsSummary | undefined) => void) | undefined;
  /** Told, before opening fails, when the socket will be closed. */
  readonly onLeaving?: ((closed: Promise<void>) => void) | undefined;
}

/**
 * Opens a session, in the order of the RFCs: connect, greeting, EHLO, STARTTLS and EHLO again, AUTH.
 *
 * @throws MailError `connect-failed`, `greeting-rejected`, `tls-required`, `tls-failed`, `auth-failed`,
 * `auth-unsupported`, `auth-insecure`, `protocol-error`, `connection-lost`, `timeout`, `aborted`.
 */
export async function openSession(connect: Connect, options: OpenOptions, signal?: AbortSignal): Promise<SmtpSession> {
  const { connection, limits, onStage = () => {}, onSecured, onLeaving = () => {} } = options;
  const { auth, security, timeouts } = connection;

  onStage("connect");
  const socket = await openSocket(connect, connection, signal);
  let link = new Link(socket, { timeouts, limits, trace: new Trace(options.trace) });
  const stopWatching = link.watch(options.watcher);
  let stopObeying = link.obey(signal);
  let isSecured = security === "implicit";
  try {
    if (isSecured) onSecured?.(link.tls);
    await readGreeting(link, timeouts.replyMs);

    onStage("ehlo");
    let capabilities = await sayHello(link, options, isSecured);

    if (await startsTls(link, connection, capabilities, onStage)) {
      const secured = await link.startTls(connection.tls.serverName, signal);
      stopObeying();
      stopObeying = secured.obey(signal);
      link = secured;
      isSecured = true;
      onSecured?.(link.tls);
      onStage("ehlo");
      capabilities = await sayHello(link, options, isSecured);
    }

    if (auth !== undefined) {
      onStage("auth");
      await authenticate(link, auth, {
        offered: capabilities.auth,
        secured: isSecured,
        allowClearText: connection.allowClearText,
        random: options.random,
        replyMs: timeouts.replyMs,
        challenges: limits.challenges,
      });
    }

    link.expectQuiet();
    return new SmtpSession({
      link,
      capabilities,
      isVerified: isSecured && connection.tls.rejectUnauthorized,
      timeouts,
      limits,
      transport: options.transport,
      needsReset: false,
      isUnproven: false,
      isStale: false,
      isCommitted: false,
    });
  } catch (error) {
    onLeaving(link.quit());
    throw error;
  } finally {
    stopWatching();
    stopObeying();
  }
}

async function openSocket(
  connect: Connect,
  { host, port, security, tls, timeouts }: ParsedConnection,
  signal: AbortSignal | undefined,
): Promise<SmtpSocket> {
  const secure = security === "opportunistic" ? "starttls" : security;
  const failure = (expired: boolean) =>
    expired
      ? new MailError("timeout", `There was no connection to ${host}:${port} in time.`, {
          phase: "connect",
          retryable: true,
        })
      : new MailError("aborted", "The send was aborted.", { phase: "connect", cause: signal?.reason });
  const closeLate = (socket: SmtpSocket) => void socket.close().catch(() => {});
  try {
    const open = (within: AbortSignal) => connect({ host, port, secure, tls }, { signal: within });
    return await within(timeouts.connectMs, signal, open, failure, closeLate);
  } catch (cause) {
    if (isMailError(cause)) throw cause;
    throw new MailError("connect-failed", `${host}:${port} cannot be reached.`, {
      phase: "connect",
      retryable: true,
      cause,
    });
  }
}

async function readGreeting(link: Link, replyMs: number): Promise<void> {
  link.phase = "greeting";
  const reply = await link.reply(replyMs);
  if (isNegative(reply)) throw link.refuse(reply, "The server refused the connection");
  if (reply.code !== 220) throw link.unexpected(reply);
}

/** EHLO, or HELO for a server that is older than 1995 or behind something that pretends to be (RFC 5321 section 4.1.4). */
async function sayHello(link: Link, options: OpenOptions, isSecured: boolean): Promise<Capabilities> {
  const { connection, clientName } = options;
  const { replyMs } = connection.timeouts;
  link.command([ehlo(clientName)]);
  link.phase = "ehlo";
  const reply = await link.reply(replyMs);
  if (reply.code === 250) return parseCapabilities(reply);
  if (!isNegative(reply)) throw link.unexpected(reply);

  if (connection.security === "starttls" && !isSecured) {
    throw link.error("tls-required", `The server refused EHLO, so there is no STARTTLS: ${formatReply(reply)}`, {
      reply,
      retryable: false,
    });
  }
  link.command([helo(clientName)]);
  const answer = await link.reply(replyMs);
  if (answer.code === 250) return NO_CAPABILITIES;
  throw isNegative(answer) ? link.refuse(answer, "The server refused EHLO and HELO") : link.unexpected(answer);
}

/** STARTTLS (RFC 3207): true when the handshake comes next. Where TLS is required there is no going on without it. */
async function startsTls(
  link: Link,
  { security, timeouts }: ParsedConnection,
  capabilities: Capabilities,
  onStage: (stage: VerificationStageName) => void,
): Promise<boolean> {
  const isRequired = security === "starttls";
  if (!isRequired && !(security === "opportunistic" && capabilities.startTls)) return false;
  onStage("tls");
  if (!capabilities.startTls) {
    link.phase = "tls";
    throw link.error("tls-required", "The server does not offer STARTTLS.", { retryable: false });
  }

  link.command(["STARTTLS"]);
  link.phase = "tls";
  const reply = await replyToStartTls(link, timeouts.replyMs);
  if (reply.code === 220) return true;
  if (!isNegative(reply)) throw link.fail("tls-failed", `The server answered STARTTLS with ${formatReply(reply)}`);
  if (!isRequired) return false;
  throw link.error("tls-required", `The server refused STARTTLS: ${formatReply(reply)}`, { reply, retryable: false });
}

/** What is no reply here is somebody between us and the server, or no TLS at all. */
async function replyToStartTls(link: Link, replyMs: number): Promise<SmtpReply> {
  try {
    return await link.reply(replyMs);
  } catch (error) {
    if (!isMailError(error) || error.code !== "protocol-error") throw error;
    throw link.error("tls-failed", error.message, { retryable: false, cause: error });
  }
}
