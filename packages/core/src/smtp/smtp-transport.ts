import { parseConnection, type SmtpConnection } from "../connection.ts";
import type { Transport } from "../transport.ts";
import { DEFAULT_LIMITS, type SmtpLimits } from "./limits.ts";
import { type OpenOptions, openSession } from "./open-session.ts";
import { createPool } from "./pool.ts";
import type { Connect } from "./socket.ts";
import { verifySession } from "./verify.ts";

/** What the engine can be told beside the connection. */
export interface SmtpTransportOptions {
  /** Stands in receipts. Default: `smtp`. */
  readonly name?: string | undefined;
  /** The name in EHLO where the connection has none. Default: `[127.0.0.1]`. */
  readonly clientName?: string | undefined;
  /** Gets the dialogue line by line, `C: …` and `S: …`, without credentials and message bodies. */
  readonly trace?: ((line: string) => void) | undefined;
  /** What a server may send and a transaction may hold. Each has its default. */
  readonly limits?: Partial<SmtpLimits> | undefined;
  /** Random bytes for the nonces of SCRAM. Default: `crypto.getRandomValues`. */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
}

/**
 * The SMTP engine as a transport: your `connect`, a pool of sessions, and the fewest round trips the server allows.
 *
 * Connections are opened when a message needs one. Call `close()` when no more messages come, or the last idle
 * connections stay open for `pool.idleMs`.
 *
 * @throws MailError `invalid-connection` with all issues, before anything is connected.
 *
 * @example
 * const transport = createSmtpTransport(connect, "smtps://user:pass@mail.acme.com", { trace: console.log });
 * const mailer = createMailer({ transport });
 */
export function createSmtpTransport(
  connect: Connect,
  connection: SmtpConnection | string,
  options: SmtpTransportOptions = {},
): Transport {
  const parsed = parseConnection(connection);
  const name = options.name ?? "smtp";
  const open: OpenOptions = {
    connection: parsed,
    clientName: parsed.clientName ?? options.clientName ?? "[127.0.0.1]",
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    transport: name,
    random: options.random ?? ((bytes) => crypto.getRandomValues(new Uint8Array(bytes))),
    trace: options.trace,
  };
  const pool = createPool({
    open: ({ signal, onLeaving, trace }) => openSession(connect, { ...open, onLeaving, watcher: trace }, signal),
    limits: parsed.pool,
    totalMs: parsed.timeouts.totalMs,
  });
  return {
    name,
    defaults: parsed.defaults,
    tellsFinal: true,
    send: pool.send,
    async verify(sendOptions) {
      pool.refuseWhenClosed();
      return verifySession(connect, open, sendOptions?.signal);
    },
    close: pool.close,
  };
}
