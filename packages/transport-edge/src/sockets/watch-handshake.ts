import type { Socket } from "cloudflare:sockets";
import type { MailError } from "@edgepost/core";
import type { SmtpSocket } from "@edgepost/core/smtp";

/**
 * The streams of a socket after `startTls()`, which returns before the handshake and never tells how that went: a
 * failed one shows as an "internal error" of the first write, and as the end of what can be read, as if the server had
 * closed. Here both are the handshake's failure, until a first octet went through.
 */
export function watchHandshake(
  socket: Socket,
  failed: (cause: unknown) => MailError,
): Pick<SmtpSocket, "readable" | "writable"> {
  const reader = socket.readable.getReader();
  const writer = socket.writable.getWriter();
  let secured = false;
  let firstWrite: Promise<void> | undefined;

  async function write(chunk: Uint8Array): Promise<void> {
    if (secured) return writer.write(chunk);
    firstWrite = writer.write(chunk);
    try {
      await firstWrite;
      secured = true;
    } catch (cause) {
      throw failed(cause);
    }
  }

  async function read(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { done, value } = await reader.read();
    if (!done) {
      secured = true;
      controller.enqueue(value);
      return;
    }
    try {
      await firstWrite;
    } catch (cause) {
      if (!secured) throw failed(cause);
    }
    controller.close();
  }

  return {
    readable: new ReadableStream({ pull: read, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 }),
    writable: new WritableStream({ write, close: () => writer.close(), abort: (reason) => writer.abort(reason) }),
  };
}
