import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { Received } from "./counting.ts";

export interface SubmissionOptions {
  /** EHLO keywords: `PIPELINING`, `CHUNKING` … With a certificate STARTTLS and AUTH PLAIN are offered too. */
  readonly extensions: readonly string[];
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/**
 * A submission server that does no more than a client can tell from a real one: it takes any credentials and every
 * message, counts them and forgets them. Unlike `smtp-sink` it speaks STARTTLS and CHUNKING.
 */
export function createSubmissionServer(options: SubmissionOptions): { server: Server; received: Received } {
  const received = { messages: 0, octets: 0 };
  const secureContext = options.certificate && createSecureContext(options.certificate);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.write("220 sink.example ESMTP\r\n");
    serve(socket, options.extensions, secureContext, received);
  });
  return { server, received };
}

function serve(
  socket: Socket,
  extensions: readonly string[],
  secureContext: SecureContext | undefined,
  received: { messages: number; octets: number },
): void {
  const isSecured = socket instanceof TLSSocket;
  const offers = [
    ...extensions,
    ...(secureContext && !isSecured ? ["STARTTLS"] : []),
    ...(isSecured ? ["AUTH PLAIN"] : []),
  ];
  let waiting: Buffer = Buffer.alloc(0);
  let isData = false;
  let chunkOctets = 0;
  let isLastChunk = false;

  const onData = (bytes: Buffer): void => {
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    let answer = "";
    for (let next = take(); next !== undefined; next = take()) answer += next;
    if (answer !== "") socket.write(answer);
  };

  /** The answer to what came first, or `undefined` until more of it has come. */
  function take(): string | undefined {
    if (isData) return takeData();
    if (chunkOctets > 0) return takeChunk();
    const end = waiting.indexOf("\r\n");
    if (end === -1) return undefined;
    const line = waiting.toString("latin1", 0, end);
    waiting = waiting.subarray(end + 2);
    return obey(line);
  }

  function takeData(): string | undefined {
    const end = waiting.indexOf("\r\n.\r\n");
    const octets = end === -1 ? Math.max(0, waiting.length - 4) : end + 5;
    received.octets += octets;
    waiting = waiting.subarray(octets);
    if (end === -1) return undefined;
    isData = false;
    received.messages += 1;
    return "250 2.0.0 queued\r\n";
  }

  function takeChunk(): string | undefined {
    const octets = Math.min(chunkOctets, waiting.length);
    received.octets += octets;
    waiting = waiting.subarray(octets);
    chunkOctets -= octets;
    if (chunkOctets > 0) return undefined;
    if (isLastChunk) received.messages += 1;
    return "250 2.0.0 taken\r\n";
  }

  function obey(line: string): string {
    const [verb = "", argument = ""] = line.toUpperCase().split(" ", 2);
    switch (verb) {
      case "EHLO":
        return `250${["-sink.example", ...offers.map((offer) => `-${offer}`), " ENHANCEDSTATUSCODES"].join("\r\n250")}\r\n`;
      case "STARTTLS":
        startTls();
        return "";
      case "AUTH":
        return "235 2.7.0 welcome\r\n";
      case "DATA":
        isData = true;
        return "354 go on\r\n";
      case "BDAT":
        chunkOctets = Number(argument);
        isLastChunk = line.toUpperCase().endsWith(" LAST");
        return "";
      case "QUIT":
        socket.end("221 2.0.0 bye\r\n");
        return "";
      default:
        return "250 2.0.0 OK\r\n";
    }
  }

  function startTls(): void {
    socket.write("220 2.0.0 go on\r\n");
    socket.off("data", onData);
    if (secureContext === undefined) throw new Error("STARTTLS was not offered.");
    const secured = new TLSSocket(socket, { isServer: true, secureContext });
    serve(secured, extensions, secureContext, received);
  }

  socket.on("data", onData);
  // A client that leaves without a word is not our business.
  socket.on("error", () => socket.destroy());
}
