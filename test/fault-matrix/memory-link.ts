import { setImmediate as nextTurn } from "node:timers/promises";
import type { SmtpSocket } from "@edgepost/core/smtp";
import { type PairedSocket, socketPair } from "@edgepost/core/testing";
import type { ServerLink } from "./server-link.ts";

/** Turns of the event loop in which a client certainly works off what it has read. */
const TURNS = 3;

/** A link in memory, and the client's end of it. */
export function memoryLink(): { readonly client: SmtpSocket; readonly server: ServerLink } {
  const [client, server] = socketPair();
  const link = new MemoryLink(server);
  return { client: link.watchClient(client), server: link };
}

class MemoryLink implements ServerLink {
  readonly gone: Promise<void>;
  #leave: () => void = () => {};
  #client: PairedSocket | undefined;
  #server: PairedSocket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(server: PairedSocket) {
    this.#server = server;
    this.#reader = server.readable.getReader();
    this.#writer = server.writable.getWriter();
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#watchServer();
  }

  /** The client's end, so made that its successor after TLS is known here too. */
  watchClient(client: PairedSocket): SmtpSocket {
    this.#client = client;
    return {
      readable: client.readable,
      writable: client.writable,
      startTls: async (options) => this.watchClient(await client.startTls(options)),
      close: () => client.close(),
    };
  }

  get secure(): boolean {
    return this.#server.secure;
  }

  async take(): Promise<string | undefined> {
    const { value } = await this.#reader.read().catch(() => ({ value: undefined }));
    return value === undefined ? undefined : Buffer.from(value).toString("latin1");
  }

  say(text: string): Promise<boolean> {
    const written = this.#writer.write(Buffer.from(text, "latin1")).then(
      () => true,
      () => false,
    );
    // A client that reads no more before it leaves would let this wait for ever.
    return Promise.race([written, this.gone.then(() => false)]);
  }

  async hello(): Promise<void> {
    await this.take(); // where octets were expected a handshake comes, which cannot be read
  }

  async startTls(): Promise<void> {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#server = await this.#server.startTls();
    this.#reader = this.#server.readable.getReader();
    this.#writer = this.#server.writable.getWriter();
    this.#watchServer();
  }

  close(): void {
    void this.#server.close();
  }

  hangUp(): void {
    void this.#server.close();
  }

  async reset(): Promise<void> {
    await this.heard();
    this.#server.reset();
  }

  async heard(): Promise<void> {
    for (let turn = 0; turn < TURNS || (this.#client?.unreadBytes ?? 0) > 0; turn++) await nextTurn();
  }

  #watchServer(): void {
    const server = this.#server;
    this.#writer.closed.catch(() => {});
    void server.whenGone().then(() => {
      if (server === this.#server) this.#leave();
    });
  }
}
