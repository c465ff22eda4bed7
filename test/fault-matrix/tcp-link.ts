import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import type { TestIdentity } from "../support/tls.ts";
import type { ServerLink } from "./server-link.ts";

/** A link over TCP. It reads no further than it is asked, so that a client feels a server that does not read. */
export class TcpLink implements ServerLink {
  readonly gone: Promise<void>;
  readonly #tcp: Socket;
  readonly #identity: TestIdentity;
  readonly #hearingMs: number;
  #socket: Socket;
  #leave: () => void = () => {};

  constructor(socket: Socket, identity: TestIdentity, hearingMs: number) {
    this.#tcp = socket;
    this.#identity = identity;
    this.#hearingMs = hearingMs;
    this.#socket = socket;
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#watch(socket);
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  async take(): Promise<string | undefined> {
    for (;;) {
      const chunk: Buffer | null = this.#socket.read();
      if (chunk !== null) return chunk.toString("latin1");
      if (this.#socket.readableEnded || this.#socket.destroyed) return undefined;
      await this.#change("readable");
    }
  }

  async say(text: string): Promise<boolean> {
    if (!this.#socket.writable) return false;
    if (!this.#socket.write(text, "latin1")) await this.#change("drain");
    else await nextTurn();
    return this.#socket.writable;
  }

  async hello(): Promise<void> {
    await this.take();
  }

  async startTls(): Promise<void> {
    const { key, cert } = this.#identity;
    const secured = new TLSSocket(this.#socket, { isServer: true, key, cert });
    this.#watch(secured);
    this.#socket = secured;
    await this.#change("secure");
  }

  close(): void {
    this.#socket.end();
  }

  hangUp(): void {
    this.#socket.destroySoon();
  }

  async reset(): Promise<void> {
    await this.heard();
    this.#tcp.resetAndDestroy();
  }

  async heard(): Promise<void> {
    await sleep(this.#hearingMs);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#tcp.destroy();
  }

  #watch(socket: Socket): void {
    // Resets are what some tests are about; that the link ended is told by "close".
    socket.on("error", () => {});
    socket.once("end", this.#leave).once("close", this.#leave);
  }

  /** Waits for an event of the socket, or its end. */
  async #change(event: "readable" | "drain" | "secure"): Promise<void> {
    const waiting = new AbortController();
    const socket = this.#socket;
    await Promise.race(
      [event, "end", "close"].map((name) => once(socket, name, { signal: waiting.signal }).catch(() => {})),
    );
    waiting.abort();
  }
}
