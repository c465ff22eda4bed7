import { MailError } from "../errors.ts";
import type { Connect, ConnectTarget } from "../smtp/socket.ts";
import type { Delivery } from "./pipe.ts";
import type { ScriptValues } from "./script.ts";
import { parseScript } from "./script.ts";
import { ScriptPlayer } from "./script-player.ts";
import { socketPair } from "./socket-pair.ts";

/** How a script is played, and the values of its `<placeholders>`. */
export interface ScriptedServerOptions extends ScriptValues {
  /** How bytes are cut on their way, in both directions. Default: `whole`. */
  readonly delivery?: Delivery | undefined;
}

/** The server's end of a script, and what the clients did to it. */
export interface ScriptedServer {
  /** For `createSmtpTransport` and whatever else takes a `Connect`. Each call plays the next connection of the script. */
  readonly connect: Connect;
  /**
   * Resolves when the whole script was played and the client has closed every connection; rejects with the first
   * difference and the dialogue up to it.
   */
  readonly done: Promise<void>;
  /** Every byte the clients sent so far. */
  readonly received: Uint8Array;
  /** What `connect` was asked for, call by call. */
  readonly targets: readonly ConnectTarget[];
}

/**
 * A server that plays a transcript and asserts every byte the client sends.
 *
 * ```
 * S: 220 mail.example ready        the server says a line; lines that follow each other leave in one write
 * C: EHLO [127.0.0.1]              the client must say exactly this line, and nothing more before the next S:
 * S= 250 half a lin\xff            without CRLF at the end, with \r \n \t \\ \x00; C= likewise
 * C: MAIL FROM:<a@b.example> SIZE=<size>
 * C: <data>                        the message dot-stuffed, with its final dot; without the option `message`, any
 * C: <message>                     the message as it is, as BDAT carries it
 * -- starttls --                   the TLS handshake
 * -- close --  -- reset --         ends the connection
 * -- stall --                      says and reads nothing until the client is gone
 * -- ignore --                     reads and forgets what the client still sends, until it closes
 * -- interrupt --                  the S: lines after it may cut into what the client is saying
 * -- endless 250-more\r\n --       says it again and again until the client is gone
 * -- next connection --            what follows answers the next `connect`
 * ```
 * Blank lines, indentation and lines that begin with `#` are skipped.
 *
 * @example
 * const server = scriptedServer("S: 220 ready\nC: EHLO me.example\nS: 250 OK\nC: QUIT\nS: 221 bye\n", { delivery: "byte" });
 * const transport = createSmtpTransport(server.connect, { host: "mail.example", security: "none", clientName: "me.example" });
 * await transport.verify?.();
 * await transport.close?.();
 * await server.done;
 */
export function scriptedServer(script: string, options: ScriptedServerOptions = {}): ScriptedServer {
  const players = parseScript(script, options).map((steps) => new ScriptPlayer(steps));
  const targets: ConnectTarget[] = [];
  const done = Promise.all(players.map((player) => player.done)).then(() => {});
  // Whoever awaits `done` sees the difference; a test that failed already must not fail again by an unhandled rejection.
  done.catch(() => {});

  async function connect(target: ConnectTarget, { signal }: { signal?: AbortSignal }): ReturnType<Connect> {
    if (signal?.aborted)
      throw new MailError("aborted", "Aborted before connecting.", { phase: "connect", cause: signal.reason });
    const player = players[targets.push(target) - 1];
    if (player === undefined) {
      throw new MailError("connect-failed", "The script has no further connection.", {
        phase: "connect",
        retryable: true,
      });
    }
    const [client, server] = socketPair({ delivery: options.delivery });
    player.play(server);
    return client;
  }

  return {
    connect,
    done,
    targets,
    get received() {
      return concatenate(players.flatMap((player) => player.received));
    },
  };
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
