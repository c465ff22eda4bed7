import type { SmtpConnection, Transport } from "@edgepost/core";
import { createSmtpTransport, type SmtpTransportOptions } from "@edgepost/core/smtp";
import { connectNode } from "@edgepost/transport-node/native";

/** What `edgeTransport` is outside Workers: the same engine over Node's sockets, which belong to no request. */
export function edgeTransport(connection: SmtpConnection | string, options: SmtpTransportOptions = {}): Transport {
  return createSmtpTransport(connectNode, connection, { name: "edge", ...options });
}
