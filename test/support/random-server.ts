import type { Connect } from "@edgepost/core/smtp";
import { type PairedSocket, socketPair } from "@edgepost/core/testing";

/** Numbers from 0 to 1, the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  roll(): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.roll() * count);
  }

  chance(probability: number): boolean {
    return this.roll() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }
}

const EXTENSIONS = [
  "PIPELINING",
  "CHUNKING",
  "SIZE 1000000",
  "8BITMIME",
  "BINARYMIME",
  "DSN",
  "STARTTLS",
  "AUTH PLAIN LOGIN",
];

/** An SMTP server that now and then does something no server should, at any point of the dialogue. */
export class RandomServer {
  /** Replies given, right ones and wrong ones. */
  replies = 0;
  /** Messages it was sent to their very end, accepted or not. */
  wholeMessages = 0;
  readonly #dice: Dice;
  /** How likely each reply is wrong. */
  readonly #madness: number;
  readonly #extensions: readonly string[];

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#madness = dice.pick([0.02, 0.1, 0.3]);
    this.#extensions = EXTENSIONS.filter(() => dice.chance(0.6));
  }

  readonly connect: Connect = async () => {
    const [client, server] = socketPair({ delivery: this.#dice.pick(["whole", "line", "byte"]) });
    void this.#serve(server).catch(() => {}); // the client may leave at any time
    return client;
  };

  async #serve(connected: PairedSocket): Promise<void> {
    let socket = connected;
    let reader = socket.readable.getReader();
    let writer = socket.writable.getWriter();
    let unread = "";
    let inData = false;

    /** False when the connection is over. */
    const say = async (right: string): Promise<boolean> => {
      this.replies++;
      const said = this.#dice.chance(this.#madness) ? this.#wrongReply(right) : right;
      if (said === "reset") socket.reset();
      else if (said === "close") await writer.close();
      else await writer.write(toBytes(said));
      return said !== "reset" && said !== "close";
    };
    const hear = async (until: () => boolean): Promise<void> => {
      while (!until()) {
        const { done, value } = await reader.read();
        if (done) throw new Error("The client has left.");
        unread += toText(value);
      }
    };
    const take = (octets: number): string => {
      const taken = unread.slice(0, octets);
      unread = unread.slice(octets);
      return taken;
    };

    if (!(await say("220 ready\r\n"))) return;
    for (;;) {
      if (inData) {
        await hear(() => `\r\n${unread}`.includes("\r\n.\r\n"));
        const message = take(`\r\n${unread}`.indexOf("\r\n.\r\n") + 3);
        inData = false;
        if (message !== ".\r\n") this.wholeMessages++; // the dot that ends a DATA nobody wanted is none
        if (!(await say("250 queued\r\n"))) return;
        continue;
      }
      await hear(() => unread.includes("\r\n"));
      const line = take(unread.indexOf("\r\n") + 2).trimEnd();
      const [verb = "", argument = ""] = line.split(" ");
      if (verb === "EHLO") {
        const lines = ["mail.example", ...this.#extensions].map((keyword) => `250-${keyword}\r\n`);
        if (!(await say(`${lines.join("")}250 HELP\r\n`))) return;
      } else if (verb === "STARTTLS") {
        if (!(await say("220 go on\r\n"))) return;
        reader.releaseLock();
        writer.releaseLock();
        socket = await socket.startTls();
        reader = socket.readable.getReader();
        writer = socket.writable.getWriter();
      } else if (verb === "BDAT") {
        await hear(() => unread.length >= Number(argument));
        take(Number(argument));
        if (line.endsWith("LAST")) this.wholeMessages++;
        if (!(await say("250 OK\r\n"))) return;
      } else if (verb === "DATA") {
        if (!(await say("354 go on\r\n"))) return;
        inData = true;
      } else if (!(await say(verb === "AUTH" ? "235 welcome\r\n" : "250 OK\r\n"))) return;
    }
  }

  #wrongReply(right: string): string {
    const dice = this.#dice;
    const choices: [() => string, ...(() => string)[]] = [
      () => "",
      () => "reset",
      () => "close",
      () => right + right,
      () => right.slice(0, dice.below(right.length)),
      () => right + this.#noise(),
      () => this.#noise(),
      () => `${200 + dice.below(400)} ${dice.pick(["", "4.5.3 ", "5.1.1 "])}odd\r\n`,
      () => `${dice.pick([421, 450, 452, 454, 500, 504, 530, 535, 550, 552, 554])} no\r\n`,
      () => `250-${"x".repeat(dice.below(200))}\r\n`.repeat(dice.below(12)) + right,
      () => right.replaceAll("\r\n", dice.pick(["\n", "\r", "\r\r\n"])),
    ];
    return dice.pick(choices)();
  }

  #noise(): string {
    return Array.from({ length: this.#dice.below(60) }, () => String.fromCharCode(this.#dice.below(256))).join("");
  }
}

function toBytes(octets: string): Uint8Array {
  return Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
