import type { PairedSocket } from "./socket-pair.ts";

/** The server's end of a link, read in whatever portions the script asks for. */
export class ServerEnd {
  readonly #received: Uint8Array[];
  #socket: PairedSocket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #unread: Uint8Array = new Uint8Array();

  constructor(socket: PairedSocket, received: Uint8Array[]) {
    this.#received = received;
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
    // A link that breaks is noticed where it is read.
    this.#writer.closed.catch(() => {});
  }

  /** True when the client has said more than was taken. */
  get hasUnread(): boolean {
    return this.#unread.length > 0 || this.#socket.unreadBytes > 0;
  }

  /** Some bytes of the client, at most so many; `undefined` when it is gone. */
  async take(most = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    if (this.#unread.length === 0) {
      const { value } = await this.#reader.read().catch(() => ({ value: undefined }));
      if (value === undefined) return undefined;
      this.#received.push(value);
      this.#unread = value;
    }
    const taken = this.#unread.subarray(0, most);
    this.#unread = this.#unread.subarray(taken.length);
    return taken;
  }

  /** What has come and was not taken, without waiting. */
  takeUnread(): Uint8Array {
    const unread = this.#unread;
    this.#unread = new Uint8Array();
    return unread;
  }

  /** False when the client is gone. */
  async say(bytes: Uint8Array): Promise<boolean> {
    return this.#writer.write(bytes).then(
      () => true,
      () => false,
    );
  }

  async startTls(): Promise<void> {
    if (this.#unread.length > 0) throw new Error("it said more in clear text");
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#socket = await this.#socket.startTls();
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  whenGone(): Promise<void> {
    return this.#socket.whenGone();
  }

  close(): Promise<void> {
    return this.#socket.close();
  }

  reset(): void {
    this.#socket.reset();
  }
}
