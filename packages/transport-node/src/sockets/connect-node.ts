import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { MailError, type TlsSummary } from "@edgepost/core";
import type { Connect, ConnectTarget, SmtpSocket } from "@edgepost/core/smtp";
import { chooseRoute, type Route } from "./route.ts";
import { tlsFailed } from "./socket-errors.ts";
import { SocketStreams } from "./socket-streams.ts";
import { secureSocket } from "./tls.ts";
import { summarizeTls } from "./tls-summary.ts";

/** How long a server that has stopped reading may keep us from writing the last bytes. */
const CLOSE_MS = 1_000;

/**
 * Connects the SMTP engine by `node:net` and `node:tls`, also in Deno and Bun.
 *
 * @example
 * const transport = createSmtpTransport(connectNode, "smtp://user:password@smtp.acme.com");
 */
export const connectNode: Connect = createConnect(chooseRoute({}));

/** {@link connectNode} by another way. */
export function createConnect(route: Route): Connect {
  return async (target, { signal }) => {
    const socket = await route(target, signal);
    return new NodeSmtpSocket(
      target.secure === "implicit" ? await secureSocket(socket, target, signal) : socket,
      target,
    );
  };
}

class NodeSmtpSocket implements SmtpSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #socket: Socket;
  readonly #target: ConnectTarget;
  readonly #streams: SocketStreams;

  constructor(socket: Socket, target: ConnectTarget) {
    this.#socket = socket;
    this.#target = target;
    // With TLS 1.3 a server says only after the handshake that it does not like the client's certificate.
    this.#streams = new SocketStreams(socket, (error) => (isTlsAlert(error) ? tlsFailed(error, target.host) : error));
    this.readable = this.#streams.readable;
    this.writable = this.#streams.writable;
  }

  get tls(): TlsSummary | undefined {
    return this.#socket instanceof TLSSocket ? summarizeTls(this.#socket) : undefined;
  }

  async startTls({ serverName }: { serverName?: string } = {}): Promise<SmtpSocket> {
    if (this.#streams.detach() > 0) {
      this.#socket.destroy();
      // Sent in clear text to be read as if it had come under TLS (NO STARTTLS, USENIX Security 2021).
      throw new MailError("protocol-error", "The server sent something between its answer to STARTTLS and TLS.", {
        phase: "tls",
      });
    }
    const { tls } = this.#target;
    const isKnown = serverName === undefined || serverName === tls.serverName;
    const target = isKnown ? this.#target : { ...this.#target, tls: { ...tls, serverName } };
    return new NodeSmtpSocket(await secureSocket(this.#socket, target, undefined), target);
  }

  close(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), CLOSE_MS);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      socket.destroySoon();
    });
  }
}

function isTlsAlert(error: NodeJS.ErrnoException): boolean {
  return error.code?.startsWith("ERR_SSL_") ?? false;
}
