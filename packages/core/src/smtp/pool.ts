import type { ParsedConnection } from "../connection.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt } from "../receipt.ts";
import type { SendOptions } from "../transport.ts";

/**
 * One open, greeted, authenticated connection, whoever drives it: our engine, or nodemailer's. All the pool knows.
 *
 * A session that finds its connection dead before the server answered anything of the new message rejects with
 * `connection-lost` in phase `idle`: nothing was accepted, so the pool replaces the session and sends again, once.
 */
export interface Session {
  /** False once an exchange was broken, the server said 421 or closed. Such a session is only ever closed. */
  readonly usable: boolean;
  /** Carries one message. After a rejection the session may still be `usable`. */
  send(mail: OutgoingMail, options: SendOptions): Promise<Receipt>;
  /** Makes the session ready for the next message after a refused one (RSET), where the protocol needs it. */
  reset(): Promise<void>;
  /** Says goodbye where that is possible, and closes. Never rejects, settles within a second or so. */
  quit(): Promise<void>;
}

export interface PoolOptions {
  /** Opens one session; honours the signal. */
  open(options: { readonly signal: AbortSignal }): Promise<Session>;
  readonly limits: ParsedConnection["pool"];
  /** Deadline of one whole send, waiting for a connection included. */
  readonly totalMs: number;
}

/** Hands messages to sessions: opened on demand, reused, limited, replaced. */
export interface Pool {
  send(mail: OutgoingMail, options?: SendOptions): Promise<Receipt>;
  /** Takes no more messages, lets those under way finish, says goodbye to every session. */
  close(): Promise<void>;
}
