import { connect, type Socket } from "node:net";
import { MailError } from "@edgepost/core";
import { readProxy, throughProxy } from "./proxy.ts";
import { connectFailed } from "./socket-errors.ts";
import { untilOpen } from "./until-open.ts";

/** Ways to the server other than a direct TCP connection; at most one of them. TLS and its checks stay the same. */
export interface NodeSocketOptions {
  /**
   * `socks5://user:password@host:1080`, or `http://user:password@host:3128` (HTTP CONNECT; also `https:`). The proxy
   * resolves the server's name.
   */
  readonly proxy?: string | URL | undefined;
  /** The path of a UNIX socket the server listens on. `host` is still what its certificate is checked for. */
  readonly socketPath?: string | undefined;
  /**
   * Opens each TCP connection itself, for a tunnel or a bound local address:
   * `({ host, port }) => net.connect({ host, port, localAddress: "192.0.2.7" })`.
   */
  readonly openSocket?: OpenSocket | undefined;
}

/** Opens a TCP connection; when the signal aborts, it may give up. What it throws becomes `connect-failed`. */
export type OpenSocket = (
  to: Destination,
  options: { readonly signal: AbortSignal | undefined },
) => Socket | Promise<Socket>;

/** Where a socket is to lead. */
export interface Destination {
  /** Name or address. */
  readonly host: string;
  /** From 1 to 65535. */
  readonly port: number;
}

/** Opens a TCP connection, or what stands for one. Rejects with `connect-failed` or `aborted`. */
export type Route = (to: Destination, signal: AbortSignal | undefined) => Promise<Socket>;

/**
 * The way the options ask for.
 * @throws MailError `invalid-connection` for two ways at once, or a proxy that is none.
 */
export function chooseRoute(options: NodeSocketOptions): Route {
  const { proxy, socketPath, openSocket } = options;
  const ways = Object.entries({ proxy, socketPath, openSocket }).flatMap(([way, given]) => (given ? [way] : []));
  if (ways.length > 1) {
    const message = `are ${ways.length} ways to the server; keep one of them`;
    throw new MailError("invalid-connection", `The connection cannot be used: ${ways.join(" and ")} ${message}.`, {
      phase: "input",
      issues: ways.map((path) => ({ path, message })),
    });
  }
  if (proxy !== undefined) return throughProxy(readProxy(proxy));
  if (socketPath !== undefined) return (_to, signal) => dial(connect({ path: socketPath }), socketPath, signal);
  if (openSocket !== undefined) return (to, signal) => openOwn(openSocket, to, signal);
  // Addresses of both families are tried side by side (RFC 8305), which Node does by default.
  return ({ host, port }, signal) => dial(connect({ host, port, noDelay: true }), `${host}, port ${port}`, signal);
}

async function dial(socket: Socket, name: string, signal: AbortSignal | undefined): Promise<Socket> {
  await untilOpen(socket, "connect", signal, (error) => connectFailed(error, name));
  return socket;
}

async function openOwn(openSocket: OpenSocket, to: Destination, signal: AbortSignal | undefined): Promise<Socket> {
  const name = `${to.host}, port ${to.port}`;
  let socket: Socket;
  try {
    socket = await openSocket(to, { signal });
  } catch (error) {
    throw connectFailed(error, name);
  }
  socket.setNoDelay(true);
  return socket.connecting ? dial(socket, name, signal) : socket;
}
