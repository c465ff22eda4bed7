/** How messages that wait are delivered. */
export interface QueueLimits {
  /** No attempt begins when a message is older, unless its connection says otherwise. */
  readonly maxAgeMs: number;
  /** Before the second attempt; doubled before each further one. */
  readonly firstDelayMs: number;
  /** The longest wait between two attempts. */
  readonly longestDelayMs: number;
  /** Messages that may wait at once: beyond that a new one is answered with 429. */
  readonly maxWaiting: number;
  /** How often the process may die over a message before it is not tried again. */
  readonly maxInterruptions: number;
  /** A connection that fails so often in a row is left alone for a while. */
  readonly faultsToPause: number;
  /** How long at first; doubled each time it fails again. */
  readonly firstPauseMs: number;
  /** The longest time it is left alone. */
  readonly longestPauseMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const DEFAULT_QUEUE_LIMITS: QueueLimits = {
  // What was to be read today is stale tomorrow. A mail server that relays for others waits 4 days (RFC 5321 4.5.4.1).
  maxAgeMs: 24 * HOUR_MS,
  // A greylist lets in who comes back after a minute or five.
  firstDelayMs: 30_000,
  longestDelayMs: HOUR_MS,
  // At 50 KB each this is 10 GB of disk, and some hours of sending.
  maxWaiting: 200_000,
  // One that kills the process each time would otherwise keep all others from being sent.
  maxInterruptions: 5,
  // Accounts are locked after five to ten wrong passwords.
  faultsToPause: 3,
  firstPauseMs: MINUTE_MS,
  longestPauseMs: 30 * MINUTE_MS,
};

/** A lease that is not renewed ends after this: whoever had it is gone, or stands still. */
export const LEASE_MS = 60_000;
