import type { Courier } from "./courier.ts";

/**
 * What wakes deliveries, and in which process they run.
 *
 * The rows of the store are the truth, and an engine carries nothing but ids. So an engine may lose an announcement, which
 * then waits for the next sweep, or bring it twice, and the second finds nothing to do. What it must not do is wait for a
 * message: each {@link Courier.deliver} and lease settles by itself.
 *
 * There are three: in the process (`embeddedQueue`), on Postgres (`postgresQueue`), and by Cloudflare Queues. The suite in
 * `test/server/queue/engine-suite.ts` holds for each.
 */
export interface QueueEngine {
  /** Begins to deliver. Called once, before anything is announced. Nothing in Workers, where the platform calls. */
  start(courier: Courier): void;
  /** Messages that were stored, or became due at another time, just now. May reject, or be lost. */
  announce(messages: readonly Announcement[]): Promise<void>;
  /** Begins nothing more, and resolves when what is under way is done. */
  close(): Promise<void>;
}

/** A message to wake a delivery for. */
export interface Announcement {
  /** The id of the message. */
  readonly id: string;
  /** The name of its connection. */
  readonly connection: string;
  /** Milliseconds since 1970; most are due now. */
  readonly dueAt: number;
}
