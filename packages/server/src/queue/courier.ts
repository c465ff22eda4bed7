import { MailError, type SendOptions } from "@edgepost/core";
import type { OpenConnection } from "../connections/connections.ts";
import { withHint } from "../connections/providers.ts";
import type { Services } from "../context.ts";
import { RequestProblem } from "../http/problem.ts";
import { isWaiting, stateOf } from "../messages/recipients.ts";
import { toMail } from "../messages/record.ts";
import { startTranscript } from "../messages/transcript.ts";
import type { StoredBody } from "../store/message-record.ts";
import type { Lease, LeasedMessage, Wanted } from "../store/outbox.ts";
import { traceAttempt } from "../telemetry.ts";
import { settleAbandoned } from "./abandoned.ts";
import { type Ending, judgeAttempt } from "./attempt.ts";
import { LEASE_MS, type QueueLimits } from "./limits.ts";
import { createPaces } from "./pace.ts";
import { persist } from "./persist.ts";

/**
 * Carries messages from the outbox to mail servers, for whatever engine wakes it:
 * stored → leased → attempt opened → final dot about to be sent → done.
 */
export interface Courier {
  /** For an engine that brings ids: delivers those that are due, each connection's over one connection. */
  deliver(ids: readonly string[]): Promise<readonly Delivered[]>;
  /** For an engine that looks into the outbox itself: how to serve one connection. */
  serve(connection: string): Round;
  /** Gives to others what was begun in a process that is gone, and says when each connection has something due. */
  sweep(): Promise<readonly { readonly connection: string; readonly dueAt: number }[]>;
  /** Keeps what is leased here. To be called more often than every {@link LEASE_MS}. */
  renew(): Promise<void>;
}

/** What became of a message that an engine brought. */
export interface Delivered {
  /** The one that was brought. */
  readonly id: string;
  /** When to bring it again; null when there is nothing more to do for it here. */
  readonly dueAt: number | null;
}

/** One connection, for as long as it is served without a break. */
export interface Round {
  /** Leases up to so many messages that are due. */
  lease(limit: number): Promise<readonly LeasedMessage[]>;
  /** How many to carry at once, as far as that is known before the connection is open. */
  places(): Promise<number>;
  /** Delivers one. Resolves with when to go on; 0 for now. The lease is given back when that is later. */
  carry(leased: LeasedMessage): Promise<number>;
  /** Gives leases back under which nothing was begun. */
  release(leases: readonly Lease[]): Promise<void>;
  /** Lets the connection go. */
  close(): Promise<void>;
}

export type CourierServices = Pick<
  Services,
  "store" | "connections" | "suppressions" | "keepTranscripts" | "telemetry" | "metrics" | "clock" | "log" | "newId"
>;

export function createCourier(
  services: CourierServices,
  limits: QueueLimits,
  random: () => number = Math.random,
): Courier {
  const { store, connections, suppressions, metrics, clock } = services;
  const { outbox } = store;
  const holder = services.newId(clock());
  /** What was leased here and is not done with. Whatever is dropped by an error is not renewed, and waits again. */
  const held = new Map<string, Lease>();
  const paces = createPaces(outbox, limits, clock);
  const now = () => clock().getTime();

  async function carry(leased: LeasedMessage, connection: OpenConnection | MailError): Promise<void> {
    const { lease } = leased;
    const message = await withoutSuppressed(leased.message);
    if (message === undefined) return;
    const body = await store.messages.body(message.id);
    const leave = connection instanceof MailError ? () => {} : await connection.enter();
    try {
      if (!(await outbox.openAttempt(lease, now()))) return;
      const openedAt = now();
      const transcript = connection instanceof MailError ? undefined : startTranscript(services, connection);
      const ending = await attempt(lease, message, body, connection, transcript?.add);
      leave();
      const error = "error" in ending ? ending.error : undefined;
      metrics.countAttempt(error, now() - openedAt);
      const opened = { ...message, attempts: lease.attempt };
      const outcome = judgeAttempt({ message: opened, ending, limits, now: now(), random });
      await persist(() =>
        outbox.settle(lease, {
          message: outcome,
          at: now(),
          keepsIdempotency: true,
          isInterruption: false,
          transcript: transcript?.lines(),
        }),
      );
      metrics.countMessage(outcome.state);
      if (connection instanceof MailError) return;
      await suppressions.learn(connection, message.recipients, outcome.recipients);
      await connection.note(error);
      await paces.note(message.connection, error);
    } finally {
      leave();
    }
  }

  /** For those who may be written to now. Undefined when nobody is left: then it is over. */
  async function withoutSuppressed(message: LeasedMessage["message"]): Promise<LeasedMessage["message"] | undefined> {
    const recipients = await suppressions.apply(message.connection, message.recipients);
    if (recipients.some(isWaiting)) return { ...message, recipients };
    const outcome = { ...message, recipients, state: stateOf(recipients), dueAt: null, finishedAt: now() };
    await outbox.revise(message, outcome, message.expiresAt ?? now(), now());
    metrics.countMessage(outcome.state);
    return undefined;
  }

  async function attempt(
    lease: Lease,
    message: LeasedMessage["message"],
    body: StoredBody | undefined,
    connection: OpenConnection | MailError,
    trace: SendOptions["trace"],
  ): Promise<Ending> {
    let isFinal = false;
    const onFinal = async () => {
      if (!(await outbox.markFinal(lease, now()))) throw leaseLost();
      isFinal = true;
    };
    try {
      if (connection instanceof MailError) throw connection;
      if (body === undefined) throw contentGone();
      const mail = await toMail(message, body);
      const { transport } = connection;
      if (!transport.tellsFinal) await onFinal();
      const attempted = { id: message.id, number: lease.attempt, host: connection.host };
      const send = () => transport.send(mail, { recipients: message.recipientsMode, onFinal, trace });
      return { receipt: await traceAttempt(services.telemetry, attempted, send) };
    } catch (error) {
      return { error: connection instanceof MailError ? error : withHint(error, connection.host), isFinal };
    }
  }

  /** A connection that cannot be used is what became of the messages it was to carry. */
  async function open(name: string): Promise<OpenConnection | MailError> {
    try {
      return await connections.reopen(name);
    } catch (error) {
      if (error instanceof MailError) return error;
      if (error instanceof RequestProblem) return connectionGone(name, error);
      throw error;
    }
  }

  async function lease(from: Wanted["from"], leaseMs: number): Promise<readonly LeasedMessage[]> {
    const leased = await outbox.lease({ from, now: now(), until: now() + leaseMs, holder });
    for (const one of leased) held.set(one.lease.id, one.lease);
    return leased;
  }

  async function release(leases: readonly Lease[]): Promise<void> {
    for (const { id } of leases) held.delete(id);
    if (leases.length > 0) await outbox.release(leases);
  }

  function serve(name: string): Round {
    let opening: Promise<OpenConnection | MailError> | undefined;
    const connection = () => {
      opening ??= open(name);
      opening.catch(() => {
        opening = undefined;
      });
      return opening;
    };
    return {
      lease: (limit) => lease({ connection: name, limit }, LEASE_MS),
      async places() {
        const opened = await connection();
        return opened instanceof MailError ? 1 : opened.pool.maxConnections;
      },
      async carry(leased) {
        try {
          const opened = await connection();
          const settings = opened instanceof MailError ? {} : { ...opened.delivery, rate: opened.pool.rate };
          const goAt = await paces.takePlace(name, settings);
          if (goAt > 0) await release([leased.lease]);
          else await carry(leased, opened);
          return goAt;
        } finally {
          held.delete(leased.lease.id);
        }
      },
      release,
      async close() {
        const opened = await opening?.catch(() => undefined);
        if (opened !== undefined && !(opened instanceof MailError)) await opened.release();
      },
    };
  }

  async function deliver(ids: readonly string[]): Promise<readonly Delivered[]> {
    const startedAt = now();
    const leased = await lease({ ids }, LONG_LEASE_MS);
    const ours = new Set(leased.map(({ message }) => message.id));
    const goAts = await deliverEach(leased, startedAt + BATCH_MS);
    return Promise.all(
      ids.map(async (id) => {
        const { dueAt = null, connection = null } = (await store.messages.find(id)) ?? {};
        if (dueAt === null) return { id, dueAt };
        // Who has it now is done with it by then, or gone.
        if (!ours.has(id) && dueAt <= startedAt) return { id, dueAt: startedAt + LONG_LEASE_MS };
        return { id, dueAt: Math.max(dueAt, goAts.get(connection ?? "") ?? 0) };
      }),
    );
  }

  /**
   * When each connection may be used again, where it had to stop. Those that are too many are left to the next batch.
   * @throws what the store fails one with, once the others are done.
   */
  async function deliverEach(leased: readonly LeasedMessage[], until: number): Promise<ReadonlyMap<string, number>> {
    const names = [...new Set(leased.map(({ message }) => message.connection))].slice(0, CONNECTIONS_AT_ONCE);
    const others = leased.filter(({ message }) => !names.includes(message.connection));
    await release(others.map(({ lease }) => lease));
    const deliveries = await Promise.allSettled(
      names.map(async (name) => {
        const messages = leased.filter(({ message }) => message.connection === name);
        return [name, await deliverTo(name, messages, until)] as const;
      }),
    );
    return new Map(
      deliveries.map((delivery) => {
        if (delivery.status === "rejected") throw delivery.reason;
        return delivery.value;
      }),
    );
  }

  /** When its connection may be used again, where it had to stop before all were carried; 0 when it had not. */
  async function deliverTo(name: string, messages: readonly LeasedMessage[], until: number): Promise<number> {
    const round = serve(name);
    let carried = 0;
    let goAt = 0;
    try {
      for (const message of messages) {
        if (goAt > 0 || now() >= until) break;
        goAt = await round.carry(message);
        carried++;
      }
    } finally {
      await round.release(messages.slice(carried).map((message) => message.lease));
      await round.close();
    }
    return goAt;
  }

  return {
    deliver,
    serve,
    async sweep() {
      await settleAbandoned(services, limits, { holder, endedBefore: now() });
      return outbox.lanes();
    },
    async renew() {
      if (held.size > 0) await outbox.renew([...held.values()], now() + LEASE_MS);
    },
  };
}

/** Longer than one batch of a queue may run at the edge (15 min), where nobody is there to renew a lease. */
const LONG_LEASE_MS = 20 * 60 * 1000;
/** A batch begins no more messages after this: at the edge it is cut off after 15 min, and others wait for their turn. */
const BATCH_MS = 20_000;
/** A batch at the edge may have six sockets open, which stay so to its end: one is for its bucket, one to look up names. */
const CONNECTIONS_AT_ONCE = 4;

function leaseLost(): MailError {
  const detail = "The lease of this message ran out, or it was taken back: it was not sent.";
  return new MailError("aborted", detail, { phase: "body", retryable: false });
}

function contentGone(): MailError {
  return new MailError("attachment-failed", "The content of this message is not there any more.", { phase: "input" });
}

function connectionGone(name: string, cause: RequestProblem): MailError {
  return new MailError("invalid-connection", `The connection ${name} cannot be used: ${cause.message}`, {
    phase: "input",
    cause,
  });
}
