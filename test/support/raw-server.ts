import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { TLSSocket } from "node:tls";
import type { TestIdentity } from "./tls.ts";

/** A TCP server on loopback that says exactly what a test tells it to: for servers that lie, stall and break off. */
export interface RawServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Every connection since the start, in order. */
  readonly dialogues: readonly RawDialogue[];
  close(): Promise<void>;
}

/** One connection, as the script sees it. */
export interface RawDialogue {
  /** Everything the client sent over this connection so far, in clear text, as Latin-1. */
  readonly sent: string;
  /** Everything that crossed the network unencrypted, as Latin-1: no secret may ever be in it. */
  readonly sentInClear: string;
  /** Sends text as it is (Latin-1): the script writes its own CRLF. */
  say(text: string): void;
  /** The next line of the client without CRLF; rejects when the client is gone. */
  line(): Promise<string>;
  /** Reads lines up to and including the lone dot, and returns them. */
  body(): Promise<readonly string[]>;
  /** Answers EHLO with these capabilities. */
  ehlo(...capabilities: readonly string[]): Promise<void>;
  /** TLS from here on, as after a 220 to STARTTLS. */
  secure(identity: TestIdentity): Promise<void>;
  /** Reads nothing any more, so that the buffers between client and server fill up. */
  pause(): void;
  /** Resolves when the client has sent something more, or has closed. */
  more(): Promise<void>;
  /** Resolves when the client has closed. */
  ended(): Promise<void>;
  end(): void;
  reset(): void;
}

export type RawScript = (dialogue: RawDialogue, index: number) => Promise<void> | void;

/** Runs `script` for every connection. A client that leaves early ends its script quietly; any other error fails `close`. */
export async function startRawServer(script: RawScript, identity?: TestIdentity): Promise<RawServer> {
  const dialogues: RawDialogue[] = [];
  const sockets = new Set<Socket>();
  const failures: unknown[] = [];

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    const dialogue = new Dialogue(socket);
    dialogues.push(dialogue);
    const index = dialogues.length - 1;
    const run = async (): Promise<void> => {
      if (identity) await dialogue.secure(identity);
      await script(dialogue, index);
    };
    run().catch((error) => {
      if (!(error instanceof ClientGone)) failures.push(error);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
    if (failures.length > 0) throw failures[0];
  };
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    dialogues,
    close,
    [Symbol.asyncDispose]: close,
  };
}

class ClientGone extends Error {}

class Dialogue implements RawDialogue {
  sent = "";
  sentInClear = "";
  #socket: Socket;
  #unread = "";
  #gone = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk, true));
    this.#watch(socket);
  }

  say(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(text, "latin1");
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end + 2);
        return line;
      }
      if (this.#gone) throw new ClientGone("The client closed the connection.");
      await this.more();
    }
  }

  async body(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== "."; line = await this.line()) lines.push(line);
    return lines;
  }

  async ehlo(...capabilities: readonly string[]): Promise<void> {
    await this.line();
    const lines = ["mail.test", ...capabilities];
    this.say(lines.map((line, index) => `250${index === lines.length - 1 ? " " : "-"}${line}\r\n`).join(""));
  }

  async secure(identity: TestIdentity): Promise<void> {
    const clear = this.#socket;
    clear.removeAllListeners("data");
    // Encrypted bytes are not recorded as clear text: only what arrived outside TLS is.
    const secured = new TLSSocket(clear, { isServer: true, key: identity.key, cert: identity.cert });
    secured.on("data", (chunk: Buffer) => this.#receive(chunk, false));
    this.#watch(secured);
    this.#socket = secured;
    await new Promise<void>((resolve, reject) => {
      secured.once("secure", resolve);
      secured.once("close", () => reject(new ClientGone("The client closed during the handshake.")));
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async ended(): Promise<void> {
    while (!this.#gone) await this.more();
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #watch(socket: Socket): void {
    const leave = (): void => {
      this.#gone = true;
      this.#wake();
    };
    socket.on("end", leave);
    socket.on("close", leave);
    socket.on("error", leave);
  }

  #receive(chunk: Buffer, clear: boolean): void {
    const text = chunk.toString("latin1");
    this.sent += text;
    if (clear) this.sentInClear += text;
    this.#unread += text;
    this.#wake();
  }
}
