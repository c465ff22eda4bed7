/** A place in a {@link Queue}, kept to give it up again. */
export interface QueueEntry<T> {
  readonly value: T;
  previous: QueueEntry<T> | undefined;
  next: QueueEntry<T> | undefined;
  queued: boolean;
}

/**
 * First come, first served, and anyone may leave: every operation in constant time. (An array shifts in linear time, and
 * so does taking the first entry of a `Set` that lost many of its first entries.)
 */
export class Queue<T> {
  #first: QueueEntry<T> | undefined;
  #last: QueueEntry<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  push(value: T): QueueEntry<T> {
    const entry: QueueEntry<T> = { value, previous: this.#last, next: undefined, queued: true };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size++;
    return entry;
  }

  shift(): T | undefined {
    const entry = this.#first;
    if (entry !== undefined) this.remove(entry);
    return entry?.value;
  }

  /** Does nothing for an entry that was taken already. */
  remove(entry: QueueEntry<T>): void {
    if (!entry.queued) return;
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.queued = false;
    this.#size--;
  }
}
