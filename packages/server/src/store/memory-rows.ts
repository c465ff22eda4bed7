import type { EventRecord, EventStore, NewEvent } from "./event-record.ts";
import type { MessageOutcome, MessageRecord, StoredBody } from "./message-record.ts";
import type { AttemptRecord } from "./outbox.ts";

/** What a database has in a row of the outbox. */
export interface MemoryRow {
  message: MessageRecord;
  fence: number;
  holder: string | null;
  leaseUntil: number | null;
}

/** The tables that log and outbox share. */
export class MemoryRows {
  readonly messages = new Map<string, MemoryRow>();
  readonly bodies = new Map<string, StoredBody>();
  readonly attempts = new Map<string, AttemptRecord[]>();
  readonly #events: EventRecord[] = [];
  #lastEvent = 0;

  /** Changes what became of a message, and says so. */
  change(row: MemoryRow, changes: Partial<MessageRecord>, at: number, data: NewEvent["data"] = {}): void {
    row.message = { ...row.message, ...changes };
    const { state, id, key, connection } = row.message;
    this.log({ type: `message.${state}`, at, message: id, key, connection, data });
    const isOver = state === "sent" || state === "cancelled" || state === "suppressed";
    if (isOver && !this.bodies.get(id)?.isKept) this.bodies.delete(id);
  }

  log(event: NewEvent): void {
    this.#events.push({ id: ++this.#lastEvent, ...event });
  }

  forgetEvents(before: number): void {
    const kept = this.#events.filter(({ at }) => at >= before);
    this.#events.splice(0, this.#events.length, ...kept);
  }

  readonly events: EventStore = {
    append: async (event) => this.log(event),
    ofMessage: async (id) => this.#events.filter(({ message }) => message === id),
    list: async ({ after, limit, key }) =>
      this.#events.filter((event) => event.id > after && (key === undefined || event.key === key)).slice(0, limit),
    lastId: async () => this.#lastEvent,
  };
}

/** What an event tells of an outcome. */
export function told({ recipients, reply, error, dueAt }: MessageOutcome): NewEvent["data"] {
  return { recipients, reply, error, dueAt };
}
