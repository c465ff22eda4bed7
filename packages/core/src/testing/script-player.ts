import type { Step } from "./script.ts";
import { endsConnection } from "./script.ts";
import { ServerEnd } from "./server-end.ts";
import type { PairedSocket } from "./socket-pair.ts";

/** Lines of the dialogue shown with a difference. */
const SHOWN_LINES = 12;

/** Plays one connection of a script, and stops at the first byte of the client that is not in it. */
export class ScriptPlayer {
  /** What the client sent, as it came. */
  readonly received: Uint8Array[] = [];
  /** Resolves when the script was played and the client has closed. */
  readonly done: Promise<void>;
  readonly #steps: readonly Step[];
  readonly #dialogue: string[] = [];
  #interrupting = false;
  #connected: (socket: PairedSocket) => void = () => {};

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    const socket = new Promise<PairedSocket>((resolve) => {
      this.#connected = resolve;
    });
    this.done = socket.then((connected) => this.#playAll(new ServerEnd(connected, this.received)));
  }

  play(socket: PairedSocket): void {
    this.#connected(socket);
  }

  async #playAll(server: ServerEnd): Promise<void> {
    try {
      for (const step of joinReplies(this.#steps)) await this.#playStep(step, server);
      if (!this.#steps.some(endsConnection)) await this.#expectEnd(server);
    } catch (error) {
      server.reset();
      throw error;
    }
  }

  async #playStep(step: Step, server: ServerEnd): Promise<void> {
    switch (step.kind) {
      case "say":
        return this.#say(step.bytes, step.line, server);
      case "expect":
        return this.#expect(step.bytes, step.line, server);
      case "expect-data":
        return this.#expectData(step.line, server);
      case "starttls":
        return this.#startTls(step.line, server);
      case "interrupt":
        this.#interrupting = true;
        return;
      case "close":
        return server.close();
      case "reset":
        return server.reset();
      case "stall":
        return server.whenGone();
      case "ignore":
        while ((await server.take()) !== undefined);
        return;
      case "endless":
        while (await server.say(step.bytes));
    }
  }

  async #say(bytes: Uint8Array, line: number, server: ServerEnd): Promise<void> {
    if (server.hasUnread && !this.#interrupting) {
      const early = (await server.take()) ?? new Uint8Array();
      throw this.#difference(line, "The client did not wait for the reply", `S: ${show(bytes)}`, `C: ${show(early)}`);
    }
    this.#interrupting = false;
    this.#dialogue.push(`S: ${show(bytes)}`);
    // Whether a client that is gone should still be there, the next C: line tells.
    await server.say(bytes);
  }

  async #expect(bytes: Uint8Array, line: number, server: ServerEnd): Promise<void> {
    const expected = `C: ${show(bytes)}`;
    for (let matched = 0; matched < bytes.length; ) {
      const chunk = await server.take(bytes.length - matched);
      if (chunk === undefined)
        throw this.#difference(line, "The client closed the connection", expected, "nothing more");
      const wrong = chunk.findIndex((byte, index) => byte !== bytes[matched + index]);
      if (wrong !== -1) {
        const said = [...bytes.subarray(0, matched), ...chunk, ...server.takeUnread()];
        throw this.#difference(line, "The client said something else", expected, `C: ${show(Uint8Array.from(said))}`);
      }
      matched += chunk.length;
    }
    this.#dialogue.push(expected);
  }

  /** Any message, up to and with its final dot. */
  async #expectData(line: number, server: ServerEnd): Promise<void> {
    const end = [0x0d, 0x0a, 0x2e, 0x0d, 0x0a];
    // The CRLF in front of an empty message's dot is the one that ended the DATA command.
    for (let matched = 2; matched < end.length; ) {
      const byte = (await server.take(1))?.[0];
      if (byte === undefined)
        throw this.#difference(line, "The client closed the connection", "the final dot", "nothing more");
      if (byte === end[matched]) matched++;
      else matched = byte === 0x0d ? 1 : 0;
    }
    this.#dialogue.push("C: <data>");
  }

  async #startTls(line: number, server: ServerEnd): Promise<void> {
    this.#dialogue.push("-- starttls --");
    try {
      await server.startTls();
    } catch (cause) {
      throw this.#difference(line, `The client made no TLS handshake (${String(cause)})`, "a handshake", "none");
    }
  }

  async #expectEnd(server: ServerEnd): Promise<void> {
    const more = await server.take();
    if (more === undefined) return;
    const last = this.#steps.at(-1)?.line ?? 0;
    throw this.#difference(last, "The client went on after the end of the script", "nothing more", `C: ${show(more)}`);
  }

  #difference(line: number, what: string, expected: string, received: string): Error {
    const dialogue = this.#dialogue.slice(-SHOWN_LINES).map((spoken) => `    ${spoken}`);
    return new Error(
      [
        `${what}, at line ${line} of the script.`,
        `  expected: ${expected}`,
        `  received: ${received}`,
        "  after:",
        ...dialogue,
      ].join("\n"),
    );
  }
}

/** Lines a server says one after the other leave in one write. */
function joinReplies(steps: readonly Step[]): Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    if (step.kind === "say" && before?.kind === "say") {
      joined[joined.length - 1] = { ...before, bytes: Uint8Array.from([...before.bytes, ...step.bytes]) };
    } else joined.push(step);
  }
  return joined;
}

/** Bytes for eyes: escaped, and cut when long. */
function show(bytes: Uint8Array): string {
  const text = JSON.stringify(new TextDecoder().decode(bytes)).slice(1, -1);
  return text.length > 400 ? `${text.slice(0, 400)}… (${bytes.length} bytes)` : text;
}
