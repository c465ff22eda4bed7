import { connect, type Socket } from "cloudflare:sockets";
import { MailError } from "@edgepost/core";
import type { Connect, ConnectTarget, SmtpSocket } from "@edgepost/core/smtp";
import { closeSocket } from "./close-socket.ts";
import { refuseUnsupported } from "./unsupported.ts";
import { connectFailed, handshakeFailed, untilOpen } from "./until-open.ts";
import { watchHandshake } from "./watch-handshake.ts";

const SECURE_TRANSPORT = { implicit: "on", starttls: "starttls", none: "off" } as const;

/**
 * Connects the SMTP engine by the sockets of the Workers platform, always by name: SNI and the certificate check go by
 * it, and `startTls()` has no other (workerd #6903).
 *
 * @throws MailError `unsupported` before connecting, for port 25 and for TLS settings Workers do not have;
 * `connect-failed`, `tls-failed`, `aborted`.
 *
 * @example
 * const transport = createSmtpTransport(connectCloudflare, env.SMTP_URL);
 */
export const connectCloudflare: Connect = async (target, { signal }) => {
  refuseUnsupported(target);
  const socket = open(target);
  await untilOpen(socket, target, signal);
  return {
    readable: socket.readable,
    writable: socket.writable,
    startTls: async ({ serverName = target.host } = {}) => upgrade(socket, target, serverName),
    close: () => closeSocket(socket),
  };
};

function open(target: ConnectTarget): Socket {
  const { host, port, secure } = target;
  try {
    return connect({ hostname: host, port }, { secureTransport: SECURE_TRANSPORT[secure], allowHalfOpen: false });
  } catch (cause) {
    throw connectFailed(target, cause);
  }
}

function upgrade(socket: Socket, target: ConnectTarget, serverName: string): SmtpSocket {
  refuseUnsupported({ ...target, tls: { ...target.tls, serverName } });
  const secured = socket.startTls();
  return {
    ...watchHandshake(secured, (cause) => handshakeFailed(target, cause)),
    startTls: () => Promise.reject(new MailError("protocol-error", "This socket has TLS already.", { phase: "tls" })),
    close: () => closeSocket(secured),
  };
}
