/** How written bytes are cut for the reader: each write as it was, each line, or each byte by itself. */
export type Delivery = "whole" | "line" | "byte";

/** Stands in the pipe where a TLS handshake would begin. */
export interface ClientHello {
  readonly serverName: string | undefined;
}

/** One direction of a link in memory: what is written at one end is read at the other, in order and with backpressure. */
export class Pipe {
  readonly #delivery: Delivery;
  readonly #bufferBytes: number;
  readonly #items: (Uint8Array | ClientHello)[] = [];
  #bytes = 0;
  #ended = false;
  #readerGone = false;
  #error: Error | undefined;
  #waiting: (() => void)[] = [];

  constructor(delivery: Delivery, bufferBytes: number) {
    this.#delivery = delivery;
    this.#bufferBytes = bufferBytes;
  }

  /** Bytes written and not read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the bytes at once, and resolves when no more than the buffer holds are unread. */
  async write(item: Uint8Array | ClientHello): Promise<void> {
    this.#refuseWhenDead();
    if (this.#ended) throw new Error("This end was closed.");
    // A copy: the writer may use its buffer again.
    this.#items.push(item instanceof Uint8Array ? item.slice() : item);
    if (item instanceof Uint8Array) this.#bytes += item.length;
    this.#changed();
    while (this.#bytes > this.#bufferBytes) {
      await this.#change();
      this.#refuseWhenDead();
    }
  }

  /** The next bytes, or `undefined` at the end. */
  async read(): Promise<Uint8Array | undefined> {
    const item = await this.#next();
    if (item === undefined || item instanceof Uint8Array) return item;
    throw new Error("A TLS handshake came where plain bytes were expected.");
  }

  /** The other end's handshake. Anything else that comes first is an error. */
  async readHello(): Promise<ClientHello> {
    const item = await this.#next();
    if (item === undefined) throw new Error("The connection was closed in the handshake.");
    if (item instanceof Uint8Array) throw new Error("Plain bytes came where a TLS handshake was expected.");
    return item;
  }

  /** Resolves when nothing more will come, whether or not all of it was read. */
  async whenEnded(): Promise<void> {
    while (!this.#ended && this.#error === undefined) await this.#change();
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  stopReading(): void {
    this.#readerGone = true;
    this.#changed();
  }

  /** What is on its way is lost; reads and writes fail. */
  break(error: Error): void {
    this.#error ??= error;
    this.#changed();
  }

  async #next(): Promise<Uint8Array | ClientHello | undefined> {
    while (this.#items.length === 0 && !this.#ended && !this.#readerGone && this.#error === undefined)
      await this.#change();
    if (this.#error !== undefined) throw this.#error;
    if (this.#readerGone) return undefined;
    const item = this.#items.shift();
    if (!(item instanceof Uint8Array)) return item;
    const cut = this.#cut(item);
    if (cut < item.length) this.#items.unshift(item.subarray(cut));
    this.#bytes -= cut;
    this.#changed();
    return item.subarray(0, cut);
  }

  #cut(bytes: Uint8Array): number {
    if (this.#delivery === "whole") return bytes.length;
    if (this.#delivery === "byte") return Math.min(1, bytes.length);
    const lineEnd = bytes.indexOf(0x0a);
    return lineEnd === -1 ? bytes.length : lineEnd + 1;
  }

  #refuseWhenDead(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#readerGone) throw new Error("The other end has closed the connection.");
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
