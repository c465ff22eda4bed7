import { connect, type Socket } from "cloudflare:sockets";
import { MailError } from "@edgepost/core";
import type { ConnectTarget } from "@edgepost/core/smtp";
import { settleWithin, untilAborted } from "../settle.ts";
import { closeSocket } from "./close-socket.ts";

/** How long a server may take to greet in clear when we look why implicit TLS failed. Real ones need milliseconds. */
const GREETING_LIMIT_MS = 1_000;

/**
 * Waits until a socket is open, implicit TLS included, and finds out why it is not.
 *
 * The platform says "proxy request failed" for a silent server, a closed port, a blocked address and a bad certificate
 * alike. So nothing is read from its texts: a second look, in clear, tells TLS from the rest.
 *
 * @throws MailError `connect-failed`, `tls-failed`, `aborted`.
 */
export async function untilOpen(socket: Socket, target: ConnectTarget, signal: AbortSignal | undefined): Promise<void> {
  try {
    await untilAborted(socket.opened, signal);
  } catch (cause) {
    void closeSocket(socket);
    throw signal?.aborted ? aborted(target, signal) : await explain(target, cause, signal);
  }
}

/** A handshake that failed, for whatever the platform says of it. */
export function handshakeFailed({ host, port }: ConnectTarget, cause: unknown): MailError {
  const message = `The TLS handshake with ${host}:${port} failed. Its certificate must be valid for the name "${host}" and come from a public authority.`;
  return new MailError("tls-failed", message, { phase: "tls", cause });
}

/** For an address the platform refuses outright, or that nothing answers at. */
export function connectFailed({ host, port }: ConnectTarget, cause: unknown): MailError {
  const message =
    `${host}:${port} cannot be reached (${cause instanceof Error ? cause.message : cause}). Workers may not connect to ` +
    "Cloudflare's own addresses, which a host name behind its proxy has too, to private and loopback addresses, and to themselves.";
  return new MailError("connect-failed", message, { phase: "connect", retryable: true, cause });
}

async function explain(target: ConnectTarget, cause: unknown, signal: AbortSignal | undefined): Promise<MailError> {
  const found = target.secure === "implicit" ? await lookInClear(target, signal) : "nobody";
  if (signal?.aborted) return aborted(target, signal);
  if (found === "nobody") return connectFailed(target, cause);
  if (found === "silent") return handshakeFailed(target, cause);
  const message = `${target.host}:${target.port} speaks SMTP in clear: it wants security "starttls", not "implicit".`;
  return new MailError("tls-failed", message, { phase: "tls", cause });
}

/** Connects once more, without TLS: a server that waits for TLS is silent, one that does not greets. */
async function lookInClear(
  { host, port }: ConnectTarget,
  signal: AbortSignal | undefined,
): Promise<"nobody" | "silent" | "greets"> {
  const socket = connect({ hostname: host, port }, { secureTransport: "off", allowHalfOpen: false });
  try {
    await untilAborted(socket.opened, signal);
    const first = await settleWithin(GREETING_LIMIT_MS, untilAborted(socket.readable.getReader().read(), signal));
    return first?.value === undefined ? "silent" : "greets";
  } catch {
    return "nobody";
  } finally {
    void closeSocket(socket);
  }
}

function aborted({ host, port }: ConnectTarget, signal: AbortSignal): MailError {
  const message = `Connecting to ${host}:${port} was aborted.`;
  return new MailError("aborted", message, { phase: "connect", cause: signal.reason });
}
