/** What was counted under a name, in the window that is open. */
export interface WindowCount {
  /** This time included. */
  readonly total: number;
  readonly endsInMs: number;
}

/** Names may come from strangers, as addresses do: beyond this many, the oldest window is forgotten. */
const MAX_NAMES = 10_000;

/** Counts by name, in windows of fixed length that begin with the first time something is counted. */
export function countInWindows(lengthMs: number, clock: () => Date): (name: string) => WindowCount {
  const windows = new Map<string, { readonly start: number; total: number }>();

  return (name) => {
    const now = clock().getTime();
    const last = windows.get(name);
    const window = last === undefined || now - last.start >= lengthMs ? { start: now, total: 0 } : last;
    window.total++;
    if (window !== last) {
      // Behind the others, so that the first one is the oldest.
      windows.delete(name);
      windows.set(name, window);
      const [oldest = name] = windows.keys();
      if (windows.size > MAX_NAMES) windows.delete(oldest);
    }
    return { total: window.total, endsInMs: window.start + lengthMs - now };
  };
}
