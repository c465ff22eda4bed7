import type { SmtpConnection } from "@edgepost/core";
import { createSmtpTransport, type SmtpSocket } from "@edgepost/core/smtp";
import { type PairedSocket, socketPair } from "@edgepost/core/testing";
import { describe, expect, test } from "vitest";
import { readyMail } from "../../support/engine.ts";

/**
 * A server that answers at once, and counts how often somebody had to wait for it: each time it is heard after it spoke.
 * Connecting and the TLS 1.3 handshake are one each, and the greeting has a turn of its own.
 */
class CountingServer {
  roundTrips = 0;
  readonly #extensions: readonly string[];
  #socket: PairedSocket | undefined;
  /** What comes next in an AUTH dialogue. */
  #challenges: string[] = [];

  constructor(...extensions: readonly string[]) {
    this.#extensions = extensions;
  }

  readonly connect = async (): Promise<SmtpSocket> => {
    const [client, server] = socketPair();
    this.#socket = server;
    this.roundTrips += 2; // the TCP handshake, the greeting
    void this.#serve("220 ready\r\n");
    return client;
  };

  async #serve(greeting: string): Promise<void> {
    let { reader, writer } = this.#open();
    if (greeting !== "") await writer.write(encode(greeting));
    let skipOctets = 0;
    let inData = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.roundTrips++;
      let text = decode(value);
      let answer = "";
      while (text !== "") {
        if (skipOctets > 0) {
          const skipped = Math.min(skipOctets, text.length);
          skipOctets -= skipped;
          text = text.slice(skipped);
          if (skipOctets === 0) answer += "250 queued\r\n";
          continue;
        }
        const end = inData ? text.indexOf("\r\n.\r\n") + 3 : text.indexOf("\r\n");
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        const size = /^BDAT (\d+) LAST$/.exec(line)?.[1];
        if (size !== undefined) skipOctets = Number(size);
        else if (line === "STARTTLS") {
          await writer.write(encode("220 go on\r\n"));
          reader.releaseLock();
          writer.releaseLock();
          this.#socket = await this.#socket?.startTls();
          this.roundTrips++; // the TLS 1.3 handshake
          ({ reader, writer } = this.#open());
        } else if (inData) {
          inData = false;
          answer += "250 queued\r\n";
        } else {
          inData = line === "DATA";
          answer += this.#answer(line);
        }
      }
      if (answer !== "") await writer.write(encode(answer));
    }
  }

  #answer(line: string): string {
    if (line.startsWith("EHLO"))
      return `${["mail.example", ...this.#extensions].map((keyword) => `250-${keyword}\r\n`).join("")}250 HELP\r\n`;
    if (line.startsWith("AUTH")) this.#challenges = line.startsWith("AUTH SCRAM") ? [...SCRAM] : ["235 welcome\r\n"];
    const challenge = this.#challenges.shift();
    if (challenge !== undefined) return challenge;
    return line === "DATA" ? "354 go on\r\n" : "250 OK\r\n";
  }

  #open() {
    if (this.#socket === undefined) throw new Error("Nobody connected.");
    return { reader: this.#socket.readable.getReader(), writer: this.#socket.writable.getWriter() };
  }
}

/** A server that knows ada's password, and its part of one dialogue: the nonce of the client is the same each time. */
const SCRAM = [
  "334 cj1BQUVDQXdRRkJnY0lDUW9MREEwT0R4QVIlaHZZRHBXVWEyLHM9VVZOWVExSXJVVFp6WldzNFltWTVNZz09LGk9NDA5Ng==\r\n",
  "334 dj1jRGp0UHZSb0R0ZzlpbllpS3hCaDUwaUZQWVE5cjdreENTZEdseTAwQzZvPQ==\r\n",
  "235 welcome\r\n",
];
const random = (count: number) => Uint8Array.from({ length: count }, (_, index) => index);

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

function transportTo(server: CountingServer, connection: Partial<SmtpConnection> = {}) {
  return createSmtpTransport(server.connect, { host: "mail.example", security: "none", ...connection }, { random });
}

test.each([
  [1, ["PIPELINING", "CHUNKING"]],
  [2, ["PIPELINING"]],
  [3, ["CHUNKING"]],
  [4, []],
] as const)("a message on a warm session takes %i, with %j", async (expected, extensions) => {
  const server = new CountingServer(...extensions);
  const transport = transportTo(server);
  await transport.send(readyMail());
  for (let message = 0; message < 3; message++) {
    const before = server.roundTrips;
    await transport.send(readyMail());
    expect(server.roundTrips - before).toBe(expected);
  }
});

// SCRAM's are three: RFC 4954 lets nothing be written ahead in AUTH, and has no room for the server's proof in the 235.
test.each([
  [8, "PLAIN", ["PIPELINING", "CHUNKING"]],
  [9, "PLAIN", ["PIPELINING"]],
  [10, "SCRAM-SHA-256", ["PIPELINING", "CHUNKING"]],
  [11, "SCRAM-SHA-256", ["PIPELINING"]],
] as const)(
  "from connect to accepted, STARTTLS and AUTH included, it takes %i, with %s and %j",
  async (expected, mechanism, extensions) => {
    const server = new CountingServer("STARTTLS", `AUTH ${mechanism}`, ...extensions);
    const transport = transportTo(server, { security: "starttls", auth: { username: "ada", password: "canary" } });
    await transport.send(readyMail());
    expect(server.roundTrips).toBe(expected);
  },
);

// Bench latency measures the same, and the peers beside it.
describe.each([
  [["PIPELINING", "CHUNKING"], { 1: 1, 10: 1, 100: 1 }],
  [["PIPELINING"], { 1: 2, 10: 2, 100: 2 }],
  [["CHUNKING"], { 1: 3, 10: 12, 100: 102 }],
  [[], { 1: 4, 10: 13, 100: 103 }],
] as const)("with %j", (extensions, expected) => {
  test.each([1, 10, 100] as const)("%i recipients take as many as they must, warm and cold", async (count) => {
    const server = new CountingServer("STARTTLS", "AUTH PLAIN", ...extensions);
    const transport = transportTo(server, { security: "starttls", auth: { username: "ada", password: "canary" } });
    const others = Array.from({ length: count - 1 }, (_, index) => `r${index}@x`);
    await transport.send(readyMail({ to: ["b@x", ...others] }));
    expect(server.roundTrips).toBe(TO_BE_READY + expected[count]);
    const before = server.roundTrips;
    await transport.send(readyMail({ to: ["b@x", ...others] }));
    expect(server.roundTrips - before).toBe(expected[count]);
  });
});

/** TCP, greeting, EHLO, STARTTLS, the handshake of TLS 1.3, EHLO, AUTH PLAIN. */
const TO_BE_READY = 7;
