/**
 * Follows signals for many at once: one listener for a signal, however many wait for it. An `EventTarget` looks through
 * all its listeners for each one that is added, so that a hundred thousand messages with one signal would take minutes.
 */
export class SignalFollowers {
  readonly #followers = new Map<AbortSignal, { readonly tasks: Set<() => void>; readonly listener: () => void }>();

  /** Calls `task` when the signal aborts, unless the function it returns was called before. */
  follow(signal: AbortSignal, task: () => void): () => void {
    const { tasks } = this.#followers.get(signal) ?? this.#listen(signal);
    tasks.add(task);
    return () => {
      tasks.delete(task);
      if (tasks.size === 0) this.#forget(signal);
    };
  }

  #listen(signal: AbortSignal) {
    const tasks = new Set<() => void>();
    const listener = () => {
      for (const task of tasks) task();
    };
    signal.addEventListener("abort", listener);
    const followers = { tasks, listener };
    this.#followers.set(signal, followers);
    return followers;
  }

  #forget(signal: AbortSignal): void {
    const followers = this.#followers.get(signal);
    if (followers === undefined || followers.tasks.size > 0) return;
    signal.removeEventListener("abort", followers.listener);
    this.#followers.delete(signal);
  }
}
