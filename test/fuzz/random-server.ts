import type { Connect, SmtpSocket } from "@edgepost/core/smtp";
import { type PairedSocket, socketPair } from "@edgepost/core/testing";
import type { Dice } from "../support/dice.ts";
import { anyReply, mutate, noise, understand } from "./mutation.ts";

const EXTENSIONS = [
  "PIPELINING",
  "CHUNKING",
  "SIZE 1000000",
  "8BITMIME",
  "BINARYMIME",
  "DSN",
  "STARTTLS",
  "AUTH PLAIN LOGIN CRAM-MD5",
];

/** A message the server was sent to its very end, and what it said to that. */
export interface Delivery {
  /** The recipients it had taken. */
  readonly to: readonly string[];
  /** The code of its answer; `undefined` when it gave none that can be read. */
  readonly code: number | undefined;
  /** False when it had said more replies than were asked for: nobody can tell which of them answered what. */
  readonly isClear: boolean;
}

/**
 * An SMTP server that now and then does something no server should, at any point of the dialogue, and otherwise keeps to
 * its word: what it refused it does not take. Some servers only babble.
 */
export class RandomServer {
  /** Replies given, right ones and wrong ones. */
  replies = 0;
  /** Every whole message, in order. */
  readonly deliveries: Delivery[] = [];
  /** Everything the clients wrote, whether it was read or not. */
  written = "";
  readonly #dice: Dice;
  /** How likely each reply is wrong. */
  readonly #madness: number;
  readonly #extensions: readonly string[];
  readonly #babbles: boolean;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#madness = dice.pick([0.01, 0.05, 0.3]);
    this.#extensions = EXTENSIONS.filter(() => dice.chance(0.6));
    this.#babbles = dice.chance(0.1);
  }

  readonly connect: Connect = async () => {
    const [client, server] = socketPair({ delivery: this.#dice.pick(["whole", "line", "byte"]) });
    const conversation = new Conversation(server, this, this.#dice, this.#madness, this.#extensions);
    // The client may leave at any time.
    (this.#babbles ? conversation.babble() : conversation.hold()).catch(() => {});
    return this.#watch(client);
  };

  #watch(client: PairedSocket): SmtpSocket {
    const writer = client.writable.getWriter();
    return {
      readable: client.readable,
      writable: new WritableStream<Uint8Array>({
        write: (chunk) => {
          this.written += toText(chunk);
          return writer.write(chunk);
        },
        abort: (reason) => writer.abort(reason),
      }),
      startTls: async (options) => {
        writer.releaseLock();
        return this.#watch(await client.startTls(options));
      },
      close: () => client.close(),
    };
  }
}

class Conversation {
  readonly #server: RandomServer;
  readonly #dice: Dice;
  readonly #madness: number;
  readonly #extensions: readonly string[];
  #socket: PairedSocket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #unread = "";
  #isClear = true;
  #hasSender = false;
  #recipients: string[] = [];

  constructor(socket: PairedSocket, server: RandomServer, dice: Dice, madness: number, extensions: readonly string[]) {
    this.#socket = socket;
    this.#server = server;
    this.#dice = dice;
    this.#madness = madness;
    this.#extensions = extensions;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  /** Says anything at any time, and never listens to what is said. */
  async babble(): Promise<void> {
    for (;;) {
      await this.#write(this.#dice.pick([anyReply, noise])(this.#dice));
      this.#server.replies++;
      if (this.#dice.chance(0.1)) return void (await this.#writer.close());
      if (this.#dice.chance(0.5)) await this.#hear();
    }
  }

  async hold(): Promise<never> {
    await this.#answer("220 ready\r\n");
    for (;;) await this.#obey(await this.#line());
  }

  async #obey(line: string): Promise<void> {
    const [verb = "", argument = ""] = line.split(" ");
    switch (verb) {
      case "EHLO":
        this.#endTransaction();
        await this.#answer(this.#extensions.reduceRight((reply, name) => `250-${name}\r\n${reply}`, "250 HELP\r\n"));
        return;
      case "STARTTLS":
        if ((await this.#answer("220 go on\r\n")) === 220) await this.#startTls();
        return;
      case "AUTH":
        while ((await this.#answer(this.#dice.pick(["235 welcome\r\n", "334 PDFAeD4=\r\n"]))) === 334)
          await this.#line();
        return;
      case "MAIL":
        this.#hasSender = isYes(await this.#answer("250 OK\r\n"));
        return;
      case "RCPT": {
        if (!isYes(await this.#answer(this.#hasSender ? "250 OK\r\n" : "503 no\r\n"))) return;
        if (this.#hasSender) this.#recipients.push(/<(.*)>/.exec(line)?.[1] ?? "");
        return;
      }
      case "DATA":
        if ((await this.#answer(this.#isReady ? "354 go on\r\n" : "503 no\r\n")) === 354) await this.#takeData();
        return;
      case "BDAT":
        return this.#takeChunk(Number(argument), line.endsWith("LAST"));
      default:
        if (verb === "RSET") this.#endTransaction();
        await this.#answer("250 OK\r\n");
    }
  }

  get #isReady(): boolean {
    return this.#recipients.length > 0;
  }

  async #takeData(): Promise<void> {
    while (!`\r\n${this.#unread}`.includes("\r\n.\r\n")) await this.#hear();
    this.#take(`\r\n${this.#unread}`.indexOf("\r\n.\r\n") + 3);
    await this.#answerMessage();
  }

  async #takeChunk(octets: number, isLast: boolean): Promise<void> {
    while (this.#unread.length < octets) await this.#hear();
    this.#take(octets);
    if (isLast) return this.#answerMessage();
    if (!isYes(await this.#answer(this.#isReady ? "250 OK\r\n" : "503 no\r\n"))) this.#endTransaction();
  }

  async #answerMessage(): Promise<void> {
    const delivery = { to: this.#recipients, isClear: this.#isClear };
    const index = this.#server.deliveries.push({ ...delivery, code: undefined }) - 1;
    await this.#answer(this.#isReady ? "250 queued\r\n" : "554 nobody\r\n", (code) => {
      this.#server.deliveries[index] = { ...delivery, code };
    });
    this.#endTransaction();
  }

  #endTransaction(): void {
    this.#hasSender = false;
    this.#recipients = [];
  }

  async #startTls(): Promise<void> {
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#socket = await this.#socket.startTls();
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
    this.#endTransaction();
  }

  /** Gives the right reply, or another. Answers the code that was said, as far as it was one. */
  async #answer(right: string, onSaid: (code: number | undefined) => void = () => {}): Promise<number | undefined> {
    this.#server.replies++;
    const mutation = this.#dice.chance(this.#madness) ? mutate(right, this.#dice) : { say: right };
    if (mutation === "reset") {
      this.#socket.reset();
      throw new Error("The connection was reset.");
    }
    if (mutation === "close") return this.#leave();
    const { code, isMany } = understand(mutation.say);
    if (isMany) this.#isClear = false;
    onSaid(code);
    await this.#write(mutation.say);
    return code === 421 ? this.#leave() : code;
  }

  async #leave(): Promise<never> {
    await this.#writer.close();
    throw new Error("The server has left.");
  }

  async #line(): Promise<string> {
    while (!this.#unread.includes("\r\n")) await this.#hear();
    return this.#take(this.#unread.indexOf("\r\n") + 2).trimEnd();
  }

  #take(octets: number): string {
    const taken = this.#unread.slice(0, octets);
    this.#unread = this.#unread.slice(octets);
    return taken;
  }

  async #hear(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (done) throw new Error("The client has left.");
    this.#unread += toText(value);
  }

  #write(text: string): Promise<void> {
    return this.#writer.write(Uint8Array.from(text, (octet) => octet.charCodeAt(0)));
  }
}

export function isYes(code: number | undefined): boolean {
  return code !== undefined && code >= 250 && code <= 259;
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
