import type { ParsedConnection } from "../connection.ts";
import { isMailError, MailError } from "../errors.ts";
import type { OutgoingMail } from "../outgoing.ts";
import type { Receipt } from "../receipt.ts";
import type { SendOptions } from "../transport.ts";
import { type Deadline, startDeadline, startHousekeeping } from "../util/deadline.ts";
import { RateLimit } from "./rate-limit.ts";
import { type Waiter, WaitingLine } from "./waiting-line.ts";

/**
 * One open, greeted, authenticated connection, whoever drives it: our engine, or nodemailer's. All the pool knows.
 *
 * A session that finds its connection dead before the server answered anything of the new message rejects with
 * `connection-lost` in phase `idle`: nothing was accepted, so the pool replaces the session and sends again, once.
 */
export interface Session {
  /** False once an exchange was broken, the server said 421 or closed. Such a session is only ever closed. */
  readonly usable: boolean;
  /**
   * Carries one message. After a rejection the session may still be `usable`. When the signal aborts it rejects at once,
   * with `aborted` or `delivery-unknown`; the pool knows whether it was the caller or the clock.
   */
  send(mail: OutgoingMail, options: SendOptions): Promise<Receipt>;
  /**
   * Makes the session ready for the next message after a refused one (RSET). `undefined` when there is nothing to wait
   * for. A session that cannot be reset rejects, and is closed.
   */
  reset(): Promise<void> | undefined;
  /** Says goodbye where that is possible, and closes. Never rejects, settles within a second or so. */
  quit(): Promise<void>;
}

/** What a pool needs of whoever speaks SMTP. */
export interface PoolOptions {
  /**
   * Opens one session; honours the signal. One that fails rejects at once, and tells `onLeaving` before when its socket
   * will be closed, if that takes a while. `trace` is told the dialogue until the session is open.
   */
  open(options: {
    readonly signal: AbortSignal;
    readonly trace: SendOptions["trace"];
    onLeaving(closed: Promise<void>): void;
  }): Promise<Session>;
  /** Connections, messages for each, idle time, rate. */
  readonly limits: ParsedConnection["pool"];
  /** Deadline of one whole send, waiting for a connection included. */
  readonly totalMs: number;
}

/** Hands messages to sessions: opened on demand, reused, limited, replaced. */
export interface Pool {
  /**
   * Sends over a free connection, or waits for one in line. Waiting is bounded by `totalMs`, not by a number: a message
   * that waits weighs nothing beside the message itself, which the caller holds already.
   * @throws MailError what the session threw; `timeout` after `totalMs`; `rate-limited` when the rate let it wait that
   * long; `aborted`; `closed` after {@link Pool.close}.
   */
  send(mail: OutgoingMail, options?: SendOptions): Promise<Receipt>;
  /** For whatever else a transport does over connections. @throws MailError `closed` after {@link Pool.close}. */
  refuseWhenClosed(): void;
  /** Takes no more messages, lets those it has finish, says goodbye to every session. */
  close(): Promise<void>;
}

/** One message and the caller who waits for it. */
interface Job extends Waiter {
  readonly mail: OutgoingMail;
  readonly options: SendOptions;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** A session and what the pool counts about it. */
interface Connection {
  readonly session: Session;
  messages: number;
  idleSince: number;
}

/**
 * A pool of sessions: at most `maxConnections` sockets at any moment, opened when a message needs one, first come first
 * served, closed after `maxMessages` or `idleMs`.
 *
 * Its timers never keep a process alive by themselves; messages under way do.
 *
 * @example
 * const limits = { maxConnections: 5, maxMessages: 100, idleMs: 30_000 };
 * const pool = createPool({ open: ({ signal }) => openMySession(signal), limits, totalMs: 900_000 });
 * const receipt = await pool.send(mail);
 */
export function createPool({ open, limits, totalMs }: PoolOptions): Pool {
  const waiting = new WaitingLine<Job>(giveUp);
  /** The most recently used last: it is taken first, so that the others can grow old and be closed. */
  const idle: Connection[] = [];
  /** Sockets open, opening or closing: never more than `maxConnections`. */
  let sockets = 0;
  let established = 0;
  const rate = limits.rate && new RateLimit(limits.rate);
  let rateTimer: ReturnType<typeof setTimeout> | undefined;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  let closing: Promise<void> | undefined;
  let drained: (() => void) | undefined;

  function send(mail: OutgoingMail, options: SendOptions = {}): Promise<Receipt> {
    if (closing !== undefined) return Promise.reject(wasClosed());
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(abortedWaiting(signal));
    return new Promise((resolve, reject) => {
      const job = { mail, options, signal, dueAt: performance.now() + totalMs, resolve, reject };
      const place = waiting.size === 0 ? takePlace() : undefined;
      if (place === undefined) waiting.join(job);
      else void serve(job, place.connection);
    });
  }

  /** Starts as many waiting messages as connections and rate allow. Called whenever one of the three changes. */
  function dispatch(): void {
    while (waiting.size > 0) {
      const place = takePlace();
      const job = place && waiting.take();
      if (job === undefined) return;
      void serve(job, place?.connection);
    }
    finishClosing();
  }

  /** Where a message may go now: to an idle connection, or to one that may be opened. */
  function takePlace(): { readonly connection: Connection | undefined } | undefined {
    if (isRateExhausted()) return undefined;
    const connection = takeIdle();
    if (connection === undefined && sockets >= limits.maxConnections) return undefined;
    rate?.take(performance.now());
    return { connection };
  }

  async function serve(job: Job, idleConnection: Connection | undefined): Promise<void> {
    const deadline = startDeadline(job.dueAt - performance.now(), job.signal);
    try {
      if (idleConnection !== undefined) {
        await carry(job, deadline, idleConnection, true);
      } else {
        sockets++;
        await carry(job, deadline, await connect(deadline, job.options), false);
      }
    } catch (error) {
      job.reject(deadline.expired ? asTimeout(error, totalMs) : error);
    }
    deadline.end();
    dispatch();
  }

  /** The caller has the outcome before a refused transaction is cleared away, which may cost a round trip. */
  async function carry(job: Job, deadline: Deadline, connection: Connection, isReused: boolean): Promise<void> {
    const { session } = connection;
    connection.messages++;
    try {
      job.resolve(await session.send(job.mail, { ...job.options, signal: deadline.signal }));
      release(connection);
    } catch (error) {
      if (isReused && wasFoundDead(error)) {
        await quit(connection);
        return carry(job, deadline, await connect(deadline, job.options), false);
      }
      job.reject(deadline.expired ? asTimeout(error, totalMs) : error);
      const resetting = session.usable ? session.reset() : undefined;
      if (resetting === undefined || (await succeeds(resetting))) release(connection);
      else void retire(connection);
    }
  }

  /** Opens a session in a place that was taken before, and gives the place back when that fails. */
  async function connect({ signal }: Deadline, { trace }: SendOptions): Promise<Connection> {
    let leaving: Promise<void> | undefined;
    const onLeaving = (closed: Promise<void>) => {
      leaving = closed;
    };
    try {
      const session = await open({ signal, trace, onLeaving });
      established++;
      return { session, messages: 0, idleSince: 0 };
    } catch (error) {
      void freePlace(leaving);
      if (established === 0 && isPermanent(error)) refuseWaiting(error);
      throw error;
    }
  }

  /** Ten thousand messages that wait must not try a wrong password ten thousand times: accounts are locked for less. */
  function refuseWaiting(error: unknown): void {
    for (let job = waiting.take(); job !== undefined; job = waiting.take()) job.reject(error);
  }

  function release(connection: Connection): void {
    const worn = connection.messages >= limits.maxMessages || (closing !== undefined && waiting.size === 0);
    if (worn || !connection.session.usable) return void retire(connection);
    connection.idleSince = performance.now();
    idle.push(connection);
    idleTimer ??= startHousekeeping(closeIdle, limits.idleMs);
  }

  function takeIdle(): Connection | undefined {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.session.usable) return connection;
      void retire(connection);
    }
    return undefined;
  }

  /** One timer for all: it goes off for the oldest, and again for the next. */
  function closeIdle(): void {
    idleTimer = undefined;
    const now = performance.now();
    while (idle[0] !== undefined && now - idle[0].idleSince >= limits.idleMs) {
      const oldest = idle.shift();
      if (oldest !== undefined) void retire(oldest);
    }
    if (idle[0] !== undefined) idleTimer = startHousekeeping(closeIdle, idle[0].idleSince + limits.idleMs - now);
  }

  function retire(connection: Connection): Promise<void> {
    return freePlace(quit(connection));
  }

  function quit({ session }: Connection): Promise<void> {
    established--;
    return session.quit();
  }

  /** A socket counts until it is closed: a server that allows five does not mean five and the one that is leaving. */
  async function freePlace(closed: Promise<void> | undefined): Promise<void> {
    await closed;
    sockets--;
    dispatch();
  }

  function isRateExhausted(): boolean {
    const waitMs = rate?.waitMs(performance.now()) ?? 0;
    if (waitMs === 0) return false;
    rateTimer ??= startHousekeeping(() => {
      rateTimer = undefined;
      dispatch();
    }, waitMs);
    return true;
  }

  function giveUp(job: Job, isDue: boolean): void {
    if (!isDue) job.reject(abortedWaiting(job.signal));
    else if (rateTimer !== undefined) job.reject(waitedTooLong("rate-limited", "the rate of the pool was used up"));
    else job.reject(waitedTooLong("timeout", "no connection was free"));
    finishClosing();
  }

  function waitedTooLong(code: "rate-limited" | "timeout", why: string): MailError {
    const message = `The message was not sent within ${totalMs} ms: ${why}.`;
    return new MailError(code, message, { phase: "connect", retryable: true });
  }

  function refuseWhenClosed(): void {
    if (closing !== undefined) throw wasClosed();
  }

  function close(): Promise<void> {
    closing ??= new Promise((resolve) => {
      drained = resolve;
      for (const connection of idle.splice(0)) void retire(connection);
      finishClosing();
    });
    return closing;
  }

  function finishClosing(): void {
    if (drained === undefined || sockets > 0 || waiting.size > 0) return;
    clearTimeout(idleTimer);
    clearTimeout(rateTimer);
    drained();
  }

  return { send, refuseWhenClosed, close };
}

function wasClosed(): MailError {
  return new MailError("closed", "This transport was closed.", { phase: "input" });
}

function abortedWaiting(signal: AbortSignal | undefined): MailError {
  const message = "The send was aborted while it waited for a connection.";
  return new MailError("aborted", message, { phase: "connect", cause: signal?.reason });
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}

function wasFoundDead(error: unknown): boolean {
  return isMailError(error) && error.code === "connection-lost" && error.phase === "idle";
}

/** Trying again would end the same way: wrong credentials, a certificate, not an SMTP server. */
function isPermanent(error: unknown): boolean {
  return isMailError(error) && !error.retryable && error.code !== "aborted";
}

/** A session only knows that it was told to stop. An outcome that is unknown stays so, whoever said stop. */
function asTimeout(error: unknown, totalMs: number): unknown {
  if (!isMailError(error) || error.code !== "aborted") return error;
  const { phase, recipients, trace } = error;
  const message = `The message was not sent within ${totalMs} ms; it was given up in phase "${phase}".`;
  return new MailError("timeout", message, { phase, retryable: true, recipients, trace, cause: error });
}
