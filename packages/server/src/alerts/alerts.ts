import type { ApiKey } from "../keys/scopes.ts";
import type { AlertKind, AlertRecord } from "../store/alert-record.ts";
import type { Store } from "../store/store.ts";
import { createPlaces } from "./places.ts";
import { type DiskSpace, findTroubles } from "./watch.ts";

/** What somebody should know is told once, by mail and to webhooks, until it is over and happens again. */
export interface Alerts {
  /** Looks whether something is wrong, or over; not more often than it has to. */
  look(): Promise<void>;
  /** Notes where a key is used. */
  noteUse(key: ApiKey, address: string): Promise<void>;
}

export type Raise = (kind: AlertKind, subject: string, detail: string) => Promise<void>;

export interface AlertsOptions {
  readonly store: Store;
  readonly clock: () => Date;
  readonly newId: (now: Date) => string;
  /** How much room there is, where something is kept on a disk. */
  readonly disk: (() => Promise<DiskSpace>) | undefined;
  /** Sends the mail about an alert; resolves with what became of it, for humans. Undefined when there is nobody to send to. */
  readonly mail: ((alert: AlertRecord) => Promise<string>) | undefined;
}

const LOOK_EVERY_MS = 30_000;
/** What is raised by a look, and over when the next one does not find it. The others end when somebody acknowledges them. */
const WATCHED: readonly AlertKind[] = ["queue.stuck", "connection.paused", "webhook.disabled", "disk.low"];
/** More than can be wrong at once and still be read. */
const MOST_OPEN = 1_000;

export function createAlerts(options: AlertsOptions): Alerts {
  const { store, clock, newId, disk, mail } = options;
  let lookedAt = Number.NEGATIVE_INFINITY;

  const raise: Raise = async (kind, subject, detail) => {
    const now = clock();
    const raised = { id: newId(now), kind, subject, detail, raisedAt: now.getTime() };
    if (!(await store.alerts.raise(raised))) return;
    const alert = await store.alerts.of(kind, subject);
    if (alert === undefined || isMuted(alert, now.getTime())) return;
    const connection = kind === "queue.stuck" || kind === "connection.paused" ? subject : null;
    const data = { alert: alert.id, kind, subject, detail };
    const event = { at: alert.raisedAt, message: null, key: null, connection, data };
    // Webhooks have it from there; the mail is sent by the next look, which no request waits for.
    await store.events.append({ type: "alert.raised", ...event });
  };

  async function sendMails(open: readonly AlertRecord[], now: number): Promise<void> {
    if (mail === undefined) return;
    for (const alert of open) {
      if (alert.mail !== null || alert.acknowledgedAt !== null || isMuted(alert, now)) continue;
      if (await store.alerts.claimMail(alert.id)) await store.alerts.update(alert.id, { mail: await mail(alert) });
    }
  }

  return {
    async look() {
      const now = clock().getTime();
      if (Math.abs(now - lookedAt) < LOOK_EVERY_MS) return;
      lookedAt = now;
      const troubles = await findTroubles(store, now, disk);
      for (const { kind, subject, detail } of troubles) await raise(kind, subject, detail);
      const isOver = (alert: AlertRecord) =>
        WATCHED.includes(alert.kind) &&
        !troubles.some(({ kind, subject }) => kind === alert.kind && subject === alert.subject);
      const open = await store.alerts.list({ openOnly: true, limit: MOST_OPEN });
      for (const { id } of open.filter(isOver)) await store.alerts.resolve(id, now);
      await sendMails(
        open.filter((alert) => !isOver(alert)),
        now,
      );
    },
    noteUse: createPlaces(store.alerts, raise, clock),
  };
}

function isMuted({ mutedUntil }: AlertRecord, now: number): boolean {
  return mutedUntil !== null && mutedUntil > now;
}
