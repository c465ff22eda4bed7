/** Why an address is written to no more; `refused` was learnt from a mail server. */
export const SUPPRESSION_REASONS = ["manual", "unsubscribed", "complaint", "refused"] as const;

/** See {@link SUPPRESSION_REASONS}. */
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** An address that is written to no more. */
export interface SuppressionRecord {
  /** A UUID that sorts by the time it was made. */
  readonly id: string;
  /** In the form addresses are compared in: lower case, the domain as A-labels. */
  readonly address: string;
  /** The name of the one connection it holds for; null for all. */
  readonly connection: string | null;
  /** Why. */
  readonly reason: SuppressionReason;
  /** For people: where it came from, or what the mail server said. */
  readonly note: string | null;
  /** Milliseconds since 1970, as is the other time. */
  readonly createdAt: number;
  /** It holds until then; null for ever. */
  readonly expiresAt: number | null;
}

/** Which entries of the list, and how many. */
export interface SuppressionQuery {
  /** How many at most. */
  readonly limit: number;
  /** Only entries made before the one with this id. */
  readonly before?: string | undefined;
  /** Only entries of this address, in the form they are compared in. */
  readonly address?: string | undefined;
  /** Only entries with this reason. */
  readonly reason?: SuppressionReason | undefined;
  /** Only entries for one of these connections; without it all, those for every connection too. */
  readonly connections?: readonly string[] | undefined;
}

/** The suppression list. An address stands in it once for each connection, and once for all of them. */
export interface SuppressionStore {
  /** Adds an entry, or puts it in the place of the one for the same address and connection, whose id and age stay. */
  put(entry: SuppressionRecord): Promise<SuppressionRecord>;
  /** Adds an entry unless there is one. */
  add(entry: SuppressionRecord): Promise<void>;
  /** Undefined when there is none. */
  find(id: string): Promise<SuppressionRecord | undefined>;
  /** Newest first. */
  list(query: SuppressionQuery): Promise<readonly SuppressionRecord[]>;
  /** Which of these addresses are suppressed now: for all connections, or for this one. */
  suppressed(addresses: readonly string[], connection: string | null, now: number): Promise<readonly string[]>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
  /** Forgets what holds no more. */
  prune(expiredBefore: number): Promise<void>;
}
