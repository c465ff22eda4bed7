import type { Socket } from "node:net";

/** Chunks read ahead before the socket is told to wait, each of at most 64 KiB. */
const CHUNKS_AHEAD = 16;

/**
 * A Node socket as a pair of web streams. The hot path of every message: Node's own `Readable.toWeb` and
 * `Writable.toWeb` come to the same, with several more promises and events for each chunk.
 */
export class SocketStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #socket: Socket;
  readonly #translate: (error: Error) => Error;
  #detach: () => number = () => 0;

  constructor(socket: Socket, translate: (error: Error) => Error) {
    this.#socket = socket;
    this.#translate = translate;
    this.readable = this.#createReadable();
    this.writable = this.#createWritable();
  }

  /** Lets go of the socket, for TLS to take over. Tells how many chunks were read and not taken. */
  detach(): number {
    return this.#detach();
  }

  #createReadable(): ReadableStream<Uint8Array> {
    const socket = this.#socket;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const onData = (chunk: Uint8Array) => {
            controller.enqueue(chunk);
            if (controller.desiredSize !== null && controller.desiredSize <= 0) socket.pause();
          };
          const onEnd = () => {
            letGo();
            controller.close();
          };
          const onError = (error: Error) => {
            letGo();
            controller.error(this.#translate(error));
          };
          const letGo = () => {
            socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onError);
            // An error that comes later has nobody to go to, and must not end the process.
            socket.on("error", () => {});
          };
          this.#detach = () => {
            letGo();
            return CHUNKS_AHEAD - (controller.desiredSize ?? 0);
          };
          socket.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onError);
        },
        pull: () => void socket.resume(),
        cancel: () => void this.#detach(),
      },
      { highWaterMark: CHUNKS_AHEAD },
    );
  }

  #createWritable(): WritableStream<Uint8Array> {
    const socket = this.#socket;
    return new WritableStream<Uint8Array>({
      start: (controller) => void socket.on("error", (error) => controller.error(error)),
      write: (chunk) => (socket.write(chunk) ? undefined : untilDrained(socket)),
      abort: () => void socket.destroy(),
    });
  }
}

function untilDrained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off("drain", settle).off("close", settle);
      resolve();
    };
    socket.on("drain", settle).on("close", settle);
  });
}
