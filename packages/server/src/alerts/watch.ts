import type { AlertKind } from "../store/alert-record.ts";
import type { Store } from "../store/store.ts";
import { DISABLED_BY_HAND } from "../webhooks/webhook-book.ts";

/** Room on a disk, in octets. */
export interface DiskSpace {
  /** What may yet be written. */
  readonly free: number;
  /** What there is in all. */
  readonly total: number;
}

/** Something that is wrong now. */
export interface Trouble {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly detail: string;
}

/** A connection that is slow, or kept to a rate, is not stuck yet. */
const STUCK_MS = 15 * 60 * 1000;
/** Of a small disk a twentieth, of a large one 5 GiB. */
const LOW_SHARE = 0.05;
const LOW_BYTES = 5 * 1024 ** 3;

/** Looks at everything somebody should know of. */
export async function findTroubles(
  store: Pick<Store, "outbox" | "webhooks">,
  now: number,
  disk: (() => Promise<DiskSpace>) | undefined,
): Promise<readonly Trouble[]> {
  return [...(await queueTroubles(store, now)), ...(await webhookTroubles(store)), ...(await diskTroubles(disk))];
}

async function queueTroubles({ outbox }: Pick<Store, "outbox">, now: number): Promise<readonly Trouble[]> {
  const troubles: Trouble[] = [];
  for (const { connection, dueAt } of await outbox.lanes()) {
    const { pausedUntil, reason } = await outbox.pace(connection);
    if (pausedUntil !== null && pausedUntil > now) {
      const detail = `The connection ${connection} is paused until ${toTime(pausedUntil)}. ${reason ?? ""}`.trim();
      troubles.push({ kind: "connection.paused", subject: connection, detail });
    } else if (now - dueAt >= STUCK_MS) {
      const detail = `Messages for the connection ${connection} wait since ${toTime(dueAt)}, and are not sent.`;
      troubles.push({ kind: "queue.stuck", subject: connection, detail });
    }
  }
  return troubles;
}

async function webhookTroubles({ webhooks }: Pick<Store, "webhooks">): Promise<readonly Trouble[]> {
  return (await webhooks.list()).flatMap(({ id, url, disabled }) => {
    if (disabled === null || disabled === DISABLED_BY_HAND) return [];
    // The path of a webhook is often its password.
    const detail = `The webhook at ${new URL(url).host} is told no more. ${disabled}`;
    return [{ kind: "webhook.disabled", subject: id, detail }];
  });
}

async function diskTroubles(disk: (() => Promise<DiskSpace>) | undefined): Promise<readonly Trouble[]> {
  const space = await disk?.();
  if (space === undefined || space.free >= Math.min(LOW_BYTES, LOW_SHARE * space.total)) return [];
  const detail = `The disk of the data folder has ${Math.floor(space.free / 1024 ** 2)} MiB left.`;
  return [{ kind: "disk.low", subject: "data", detail }];
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
