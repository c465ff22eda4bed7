import { type AddressInfo, createServer, type Socket } from "node:net";

/** Once, in the middle of the message, nothing is read for so long: what is sent all the same piles up at the sender. */
const PAUSE_MS = 1_000;
const PAUSE_AFTER_BYTES = 8_000_000;

/** An SMTP server with CHUNKING (smtp-sink has none) that throws away what it gets, and is busy for a while. */
export interface BdatSink extends AsyncDisposable {
  readonly port: number;
  /** Octets of all messages. */
  readonly received: number;
}

export async function startBdatSink(): Promise<BdatSink> {
  const sockets = new Set<Socket>();
  let received = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    converse(socket, (octets) => (received += octets));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get received() {
      return received;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function converse(socket: Socket, count: (octets: number) => void): void {
  let unread: Buffer = Buffer.alloc(0);
  let chunkLeft = 0;
  let untilPause = PAUSE_AFTER_BYTES;
  const say = (line: string) => socket.write(`${line}\r\n`);
  const answer = (line: string): void => {
    const [verb = "", octets] = line.split(" ");
    if (verb === "EHLO") say("250-sink.test\r\n250-PIPELINING\r\n250 CHUNKING");
    else if (verb === "BDAT") chunkLeft = Number(octets);
    if (verb !== "EHLO" && (verb !== "BDAT" || chunkLeft === 0)) say("250 OK");
  };
  say("220 sink.test");
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
    const isDue = untilPause > 0 && bytes.length >= untilPause;
    untilPause -= bytes.length;
    if (isDue) {
      socket.pause();
      setTimeout(() => socket.resume(), PAUSE_MS);
    }
    for (;;) {
      if (chunkLeft > 0) {
        const taken = Math.min(chunkLeft, unread.length);
        count(taken);
        unread = unread.subarray(taken);
        chunkLeft -= taken;
        if (chunkLeft > 0) return;
        say("250 OK");
      }
      const end = unread.indexOf("\r\n");
      if (end < 0) return;
      const line = unread.toString("latin1", 0, end);
      unread = unread.subarray(end + 2);
      answer(line);
    }
  });
}
