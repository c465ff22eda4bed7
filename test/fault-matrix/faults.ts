import { setTimeout as sleep } from "node:timers/promises";
import type { ServerLink } from "./server-link.ts";
import type { Column } from "./table.ts";

/** A slow server's time for an octet: far below every deadline, far above what a network adds. */
const SLOW_MS = 20;

/** Without an end for every client that has limits: the largest reply one takes is of 512 KiB. */
const ENDLESS_BYTES = 2 ** 21;

/** What goes wrong, and in which column of the table that is. */
export interface Fault {
  readonly column: Column;
  readonly name: string;
  act(occasion: Occasion): Promise<Aftermath>;
}

/** The moment a server has for its fault. */
export interface Occasion {
  readonly link: ServerLink;
  /** What an honest server would say now, with its CRLF; empty where it would say nothing. */
  readonly reply: string;
  /** Says a line as the server's replies are said: together with others, where the client pipelines. */
  say(line: string): Promise<void>;
  /** Resolves when the client has closed, or has told its caller what came of the message. */
  readonly released: Promise<void>;
}

/** How the server goes on: as if its reply had been said, having refused, or not at all. */
export type Aftermath = "accepted" | "refused" | "over";

export const CLOSE: Fault = {
  column: "close",
  name: "closes",
  async act({ link }) {
    link.hangUp();
    return "over";
  },
};

export const RESET: Fault = {
  column: "reset",
  name: "resets the connection",
  async act({ link }) {
    await link.reset();
    return "over";
  },
};

export const STALL: Fault = {
  column: "stall",
  name: "says nothing",
  async act({ released }) {
    await released;
    return "over";
  },
};

/** The caller gives up while the server says nothing. */
export const ABORT: Fault = { ...STALL, name: "says nothing, and the caller gives up" };

/** One octet at a time, each of which an inactivity timer would take for life. */
export const DRIP: Fault = {
  column: "stall",
  name: "drips octets",
  async act({ link, reply, released }) {
    let isOver = false;
    void released.then(() => {
      isOver = true;
    });
    for (let octet = 0; !isOver; octet++) {
      await sleep(SLOW_MS);
      await link.say(`${codeOf(reply)}-`[octet] ?? "a");
    }
    return "over";
  },
};

export const CLOSING: Fault = {
  column: "421",
  name: "421",
  async act({ link }) {
    await link.say("421 4.3.2 Closing\r\n");
    await link.heard();
    link.hangUp();
    return "over";
  },
};

export function refusal(column: "4yz" | "5yz", reply: string): Fault {
  return {
    column,
    name: reply.slice(0, 3),
    async act({ link }) {
      await link.say(`${reply}\r\n`);
      return "refused";
    },
  };
}

/** A server that has had enough, and yet goes on reading. */
export const EARLY_REFUSAL: Fault = {
  column: "extra",
  name: "554 long before the end",
  async act({ link }) {
    await link.say("554 5.7.1 No\r\n");
    return "refused";
  },
};

/** The server means it as its reply, and goes on. */
export function nonsense(name: string, octets: string): Fault {
  return {
    column: "garbage",
    name,
    async act({ link }) {
      await link.say(octets);
      return "accepted";
    },
  };
}

export const GARBAGE: readonly Fault[] = [
  nonsense("no reply at all", "What a nice day\r\n"),
  nonsense("an empty line", "\r\n"),
  nonsense("a 1yz", "199 2.0.0 Who knows\r\n"),
  nonsense("a reply that changes its code", "250-yes\r\n550 no\r\n"),
  nonsense("a code of four digits", "2500 OK\r\n"),
];

export const WRONG_CODE: Fault = nonsense("354 out of turn", "354 Go ahead\r\n");

/** For a message the server has not seen the end of. */
export const EARLY_ACCEPTANCE: Fault = nonsense("250 long before the end", "250 2.0.0 Queued\r\n");

/** Who else may listen at the port. */
export const OTHER_PROTOCOLS: readonly Fault[] = [
  nonsense("SSH", "SSH-2.0-OpenSSH_9.9\r\n"),
  nonsense("HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
  nonsense("POP3", "+OK POP3 ready\r\n"),
  nonsense("IMAP", "* OK IMAP4rev1 ready\r\n"),
  nonsense("TLS", "\x15\x03\x01\x00\x02\x02\x46"),
];

export const ENDLESS_LINE: Fault = {
  column: "endless",
  name: "a line that never ends",
  act: (occasion) => sayWithoutEnd(occasion, "a".repeat(16_384)),
};

export const ENDLESS_REPLY: Fault = {
  column: "endless",
  name: "a reply that never ends",
  act: (occasion) =>
    sayWithoutEnd(
      occasion,
      `and more\r\n${`${codeOf(occasion.reply)}-and more\r\n`.repeat(1_000)}${codeOf(occasion.reply)}-`,
    ),
};

export const OCTETS: Fault = {
  column: "octet by octet",
  name: "octet by octet",
  async act({ link, reply }) {
    for (const octet of reply) await link.say(octet);
    return "accepted";
  },
};

export const CUT: Fault = {
  column: "octet by octet",
  name: "cut between CR and LF",
  async act({ link, reply }) {
    await link.say(reply.slice(0, -1));
    await link.heard();
    await link.say(reply.slice(-1));
    return "accepted";
  },
};

/** Together with the reply: what is said before it was asked for would be taken for the answer to the next command. */
export const EXTRA: Fault = {
  column: "extra",
  name: "a reply too many",
  async act({ reply, say }) {
    await say(`${reply}250 2.0.0 One more`);
    return "accepted";
  },
};

async function sayWithoutEnd({ link, reply, released }: Occasion, more: string): Promise<Aftermath> {
  let isHeard = await link.say(`${codeOf(reply)}-`);
  for (let said = 0; isHeard && said < ENDLESS_BYTES; said += more.length) isHeard = await link.say(more);
  await released;
  return "over";
}

/** The code a reply would have here, so that nothing else is wrong with it. */
function codeOf(reply: string): string {
  return reply === "" ? "250" : reply.slice(0, 3);
}
