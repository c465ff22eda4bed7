import { MailError } from "../errors.ts";
import type { SmtpSocket } from "../smtp/socket.ts";
import type { Delivery } from "./pipe.ts";
import { Pipe } from "./pipe.ts";

/** One end of a link in memory. */
export interface PairedSocket extends SmtpSocket {
  startTls(options?: { serverName?: string }): Promise<PairedSocket>;
  /** Breaks the link as a TCP reset does: what is on its way is lost, reads and writes of both ends fail. */
  reset(): void;
  /** Bytes the other end has written and this end has not read. */
  readonly unreadBytes: number;
  /** Resolves when the other end has closed or the link broke, even while bytes are unread. */
  whenGone(): Promise<void>;
  /** True after `startTls`. */
  readonly secure: boolean;
  /** The name the other end asked for in its handshake (SNI). */
  readonly serverName?: string;
}

/** How a link in memory behaves. */
export interface SocketPairOptions {
  /** How the bytes of either end reach the other. Default: `whole`, each write as one chunk. */
  readonly delivery?: Delivery | undefined;
  /** Unread bytes a direction holds before its writer has to wait. Default: 64 KiB, about what a kernel holds. */
  readonly bufferBytes?: number | undefined;
}

/**
 * Two ends of a link in memory: what one writes, the other reads. Real web streams with real backpressure, so that an
 * engine or a server can be tested in any runtime without a network.
 *
 * - `close()` ends both directions: the other end reads what is left and then `done`; what it writes fails.
 * - Closing only the writer is TCP's half-close. Aborting the writer, or `reset()`, breaks the link.
 * - `startTls()` resolves on both ends once both have called it; it encrypts nothing. Plain bytes that are still unread
 *   are a `protocol-error`; plain bytes, an end or a reset in place of the other's handshake are `tls-failed`. Locks
 *   that are still held are a `TypeError`, as they are in Workers.
 *
 * @example
 * const [client, server] = socketPair({ delivery: "byte" });
 * await server.writable.getWriter().write(new TextEncoder().encode("220 ready\r\n"));
 * const { value } = await client.readable.getReader().read(); // the "2" alone
 */
export function socketPair(options: SocketPairOptions = {}): [client: PairedSocket, server: PairedSocket] {
  const link = createLink(options, false);
  return [createEnd(link, "client"), createEnd(link, "server")];
}

interface Link {
  readonly toClient: Pipe;
  readonly toServer: Pipe;
  readonly secure: boolean;
  /** The link that replaces this one after the handshake, the same for both ends. */
  secured(): Link;
}

function createLink(options: SocketPairOptions, secure: boolean): Link {
  const { delivery = "whole", bufferBytes = 65_536 } = options;
  let secured: Link | undefined;
  return {
    toClient: new Pipe(delivery, bufferBytes),
    toServer: new Pipe(delivery, bufferBytes),
    secure,
    secured: () => (secured ??= createLink(options, true)),
  };
}

function createEnd(link: Link, side: "client" | "server", serverName?: string): PairedSocket {
  const [incoming, outgoing] = side === "client" ? [link.toClient, link.toServer] : [link.toServer, link.toClient];
  let upgraded = false;
  let reading = false;

  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reading = true;
        const chunk = upgraded ? undefined : await incoming.read();
        reading = false;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => incoming.stopReading(),
    },
    // Nothing is read ahead: what the engine did not take is still in the pipe when the handshake begins.
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write(chunk) {
      if (upgraded) throw new Error("This socket was upgraded to TLS.");
      return outgoing.write(chunk);
    },
    close: () => outgoing.end(),
    abort: reset,
  });

  function reset(): void {
    incoming.break(new Error("The connection was reset."));
    outgoing.break(new Error("The connection was reset."));
  }

  async function startTls(options: { serverName?: string } = {}): Promise<PairedSocket> {
    if (readable.locked || writable.locked || reading) {
      throw new TypeError("The streams are still in use: end pending reads and release both locks before startTls().");
    }
    if (incoming.bytes > 0) {
      reset();
      throw new MailError("protocol-error", "Plain bytes came ahead of the TLS handshake.", { phase: "tls" });
    }
    upgraded = true;
    try {
      await outgoing.write({ serverName: options.serverName });
      const hello = await incoming.readHello();
      return createEnd(link.secured(), side, hello.serverName);
    } catch (cause) {
      reset();
      throw new MailError("tls-failed", "The TLS handshake failed.", { phase: "tls", cause });
    }
  }

  async function close(): Promise<void> {
    outgoing.end();
    incoming.stopReading();
  }

  return {
    readable,
    writable,
    secure: link.secure,
    ...(link.secure && { tls: { protocol: "TLSv1.3" } }),
    ...(serverName !== undefined && { serverName }),
    get unreadBytes() {
      return incoming.bytes;
    },
    whenGone: () => incoming.whenEnded(),
    startTls,
    reset,
    close,
  };
}
