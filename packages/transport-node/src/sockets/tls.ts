import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { MailError } from "@edgepost/core";
import type { ConnectTarget } from "@edgepost/core/smtp";
import { tlsFailed } from "./socket-errors.ts";
import { sharedContext } from "./tls-context.ts";
import { untilOpen } from "./until-open.ts";

/** TLS over an open connection, its certificate checked. Rejects with `tls-failed` or `aborted`. */
export async function secureSocket(
  socket: Socket,
  target: ConnectTarget,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const translate = (error: unknown): MailError => tlsFailed(error, target.host);
  let secured: TLSSocket;
  try {
    secured = connect({ ...tlsOptions(target), socket });
  } catch (error) {
    // A key that does not belong to its certificate, a CA that is no certificate.
    socket.destroy();
    throw translate(error);
  }
  await untilOpen(secured, "secureConnect", signal, translate);
  return secured;
}

/** What `node:tls` needs to know to check this server. */
export function tlsOptions({ host, tls }: Pick<ConnectTarget, "host" | "tls">): ConnectionOptions {
  // An address cannot stand in SNI (RFC 6066 section 3); without a server name Node checks the certificate for `host`.
  const serverName = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  const secureContext = sharedContext(tls);
  return {
    host,
    minVersion: tls.minVersion,
    rejectUnauthorized: tls.rejectUnauthorized,
    ...(serverName !== undefined && { servername: serverName }),
    ...(tls.ca !== undefined && { ca: typeof tls.ca === "string" ? tls.ca : [...tls.ca] }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    // Beside what it was made of, for runtimes that do not look at it.
    ...(secureContext !== undefined && { secureContext }),
  };
}
