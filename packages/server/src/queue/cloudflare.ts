import type { DueWindow } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import type { Courier } from "./courier.ts";
import type { Announcement, QueueEngine } from "./engine.ts";

/** The part of Cloudflare's `Queue` that is used here, so that nobody needs its types. */
export interface WorkersQueue {
  sendBatch(messages: Iterable<QueuedId>): Promise<unknown>;
}

interface QueuedId {
  readonly body: string;
  readonly contentType: "text";
  readonly delaySeconds: number;
}

/** The part of Cloudflare's `MessageBatch` that is used here. */
export interface WorkersBatch {
  readonly messages: readonly {
    readonly body: unknown;
    ack(): void;
    retry(options: { readonly delaySeconds: number }): void;
  }[];
}

/** The engine at the edge, and what the platform calls it for. */
export interface CloudflareQueue extends QueueEngine {
  /** Delivers a batch of the queue: the messages of each connection over one session. */
  consume(batch: WorkersBatch): Promise<void>;
  /** Every minute: takes over what was abandoned, and announces what the queue does not know of. */
  sweep(): Promise<void>;
  /** Every hour: lets the next sweep announce everything that is overdue, whatever was announced before. */
  forget(): Promise<void>;
}

/** Cloudflare keeps no message back for longer than 24 hours. What is due later is announced by a sweep. */
const LONGEST_DELAY_MS = 24 * 60 * 60 * 1000;
/** Messages of one `sendBatch`, by Cloudflare. */
const MAX_BATCH = 100;
/** Announced in one sweep: 50 of the calls one invocation may make. The next sweep goes on. */
const MAX_SWEPT = 5_000;
/** What is due for so long and was leased by nobody is not known to the queue; or it has much to do, and knows it twice. */
const OVERDUE_MS = 2 * 60 * 1000;

/**
 * Delivers by Cloudflare Queues. The queue carries ids, the rows of the store are the truth: an id that comes twice finds
 * nothing to do, and one that is lost, or ends in the dead-letter queue, is found by a sweep.
 */
export function cloudflareQueue(
  queue: WorkersQueue,
  { outbox, settings }: Pick<Store, "outbox" | "settings">,
  clock: () => Date = () => new Date(),
): CloudflareQueue {
  let courier: Courier | undefined;

  function started(): Courier {
    if (courier === undefined) throw new Error("The queue was not started.");
    return courier;
  }

  function isInReach(dueAt: number): boolean {
    return dueAt <= clock().getTime() + LONGEST_DELAY_MS;
  }

  function delaySeconds(dueAt: number): number {
    return Math.max(0, Math.ceil((dueAt - clock().getTime()) / 1000));
  }

  async function announce(messages: readonly Announcement[]): Promise<void> {
    const near = messages.filter(({ dueAt }) => isInReach(dueAt));
    for (let start = 0; start < near.length; start += MAX_BATCH) {
      const batch = near.slice(start, start + MAX_BATCH);
      await queue.sendBatch(
        batch.map(({ id, dueAt }) => ({ body: id, contentType: "text", delaySeconds: delaySeconds(dueAt) })),
      );
    }
  }

  /** Announces what becomes due before a time, from where the last sweep of this name ended. */
  async function announceFrom(name: string, first: Mark, before: number): Promise<void> {
    const after = readMark(await settings.keep(name, writeMark(first)));
    const due = await outbox.due({ after, before, limit: MAX_SWEPT });
    await announce(due);
    const last = due.length < MAX_SWEPT ? undefined : due.at(-1);
    await settings.replace(name, writeMark(last ?? { dueAt: Math.max(after.dueAt, before), id: "" }));
  }

  return {
    start(starting) {
      courier = starting;
    },
    announce,
    async consume({ messages }) {
      const delivered = await started().deliver(messages.map(({ body }) => String(body)));
      for (const [index, message] of messages.entries()) {
        const dueAt = delivered[index]?.dueAt ?? null;
        if (dueAt === null || !isInReach(dueAt)) message.ack();
        else message.retry({ delaySeconds: delaySeconds(dueAt) });
      }
    },
    async sweep() {
      await started().sweep();
      const now = clock().getTime();
      const reach = now + LONGEST_DELAY_MS;
      // What was in reach when it was stored was announced then.
      await announceFrom(RELEASED, { dueAt: reach, id: "" }, reach);
      await announceFrom(OVERDUE, BEGINNING, now - OVERDUE_MS);
    },
    async forget() {
      await settings.replace(OVERDUE, writeMark(BEGINNING));
    },
    async close() {},
  };
}

/** Up to which message those for later were handed to the queue, and up to which it was asked for overdue ones. */
const RELEASED = "queue-released";
const OVERDUE = "queue-overdue";

/** The last message that was swept, or the time up to which all were, with the empty id. */
type Mark = DueWindow["after"];

const BEGINNING: Mark = { dueAt: 0, id: "" };

function writeMark({ dueAt, id }: Mark): string {
  return `${dueAt} ${id}`;
}

function readMark(written: string): Mark {
  const [dueAt, id = ""] = written.split(" ");
  return { dueAt: Number(dueAt), id };
}
