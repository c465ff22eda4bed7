import { RequestProblem } from "./problem.ts";

/** Where requests pass on their way in, so that a server can end without cutting one off. */
export interface Gate {
  readonly isOpen: boolean;
  /** @throws RequestProblem `unavailable` once the gate was closed. */
  pass(work: () => Promise<void>): Promise<void>;
  /** Lets nobody in any more, and resolves when the last one inside is done. */
  close(): Promise<void>;
}

export function createGate(): Gate {
  const inside = new Set<Promise<void>>();
  let isOpen = true;

  return {
    get isOpen() {
      return isOpen;
    },
    async pass(work) {
      if (!isOpen) throw new RequestProblem("unavailable", "The server is closing. Ask another one, or later.");
      const passing = work();
      inside.add(passing);
      try {
        await passing;
      } finally {
        inside.delete(passing);
      }
    },
    async close() {
      isOpen = false;
      await Promise.allSettled(inside);
    },
  };
}
