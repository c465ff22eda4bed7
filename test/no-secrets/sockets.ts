import { subscribe } from "node:diagnostics_channel";
import { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { lookAtStream, lookInClear } from "./leaks.ts";
import { tapReadable } from "./tap.ts";

/**
 * Looks at every octet that reaches a server of this process in clear text, whichever runtime it comes from. From a
 * handshake on TLS takes the octets before the socket's stream has them: what passes here is not encrypted.
 *
 * HTTP is not looked at. API keys come with it over loopback, where the TLS of an endpoint has ended; and what goes
 * through an HTTP proxy comes to a server behind it.
 */
export function watchSockets(): void {
  subscribe("net.server.socket", (message) => {
    const { socket } = message as { socket: Socket & { server?: Server } };
    if (socket.server instanceof HttpServer) return;
    tapReadable(socket, lookAtStream("a socket without TLS", lookInClear));
  });
}
