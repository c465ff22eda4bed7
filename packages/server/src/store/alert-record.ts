/** What somebody should know of, and about what: `subject`. */
export const ALERT_KINDS = [
  "queue.stuck",
  "connection.paused",
  "webhook.disabled",
  "key.new-place",
  "disk.low",
] as const;

/**
 * - `queue.stuck`, `connection.paused`: a connection, by its name.
 * - `webhook.disabled`: a webhook, by its id.
 * - `key.new-place`: an API key and a network, `<id> <network>`.
 * - `disk.low`: the disk of the data folder, `data`.
 */
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Something somebody should know. There is one for each kind and subject, which may be raised again. */
export interface AlertRecord {
  /** A UUID. */
  readonly id: string;
  /** What it is. */
  readonly kind: AlertKind;
  /** What it is about. */
  readonly subject: string;
  /** What there is to know, for humans; no secret. */
  readonly detail: string;
  /** When it was raised last, in milliseconds since 1970, as are the other times. */
  readonly raisedAt: number;
  /** When it was seen last. */
  readonly seenAt: number;
  /** When it was over; null while it is not. */
  readonly resolvedAt: number | null;
  /** When somebody said that he knows; null when nobody has. */
  readonly acknowledgedAt: number | null;
  /** Nobody is told before; null when it is not muted. */
  readonly mutedUntil: number | null;
  /** What became of the mail about it, for humans; null when none was sent. */
  readonly mail: string | null;
}

/** An alert to be raised. */
export type RaisedAlert = Pick<AlertRecord, "id" | "kind" | "subject" | "detail" | "raisedAt">;

/** What there is to know, and where keys are used. */
export interface AlertStore {
  /** True when it was not raised already: then somebody is to be told. Of many that raise it at once, one is told so. */
  raise(alert: RaisedAlert): Promise<boolean>;
  /** It is over. */
  resolve(id: string, at: number): Promise<void>;
  /** Undefined when there is none. */
  find(id: string): Promise<AlertRecord | undefined>;
  /** The one of a kind and subject. */
  of(kind: AlertKind, subject: string): Promise<AlertRecord | undefined>;
  /** The last raised first; those that are not over alone, if so wanted. */
  list(query: { readonly openOnly: boolean; readonly limit: number }): Promise<readonly AlertRecord[]>;
  /** The right to send the mail about it; one gets it. */
  claimMail(id: string): Promise<boolean>;
  /** Changes what people, and the mail, say of it. */
  update(id: string, change: Partial<Pick<AlertRecord, "acknowledgedAt" | "mutedUntil" | "mail">>): Promise<void>;
  /** Remembers where a key is used; true for a network that is new, and not the first. */
  notePlace(key: string, place: string, at: number): Promise<boolean>;
  /** Forgets alerts that were over before a time. */
  prune(resolvedBefore: number): Promise<void>;
}
