import { MailError } from "@edgepost/core";

/**
 * Who sends over a connection, and who waits for it.
 *
 * Who waits is not written down as sending. So when the process dies, only the few messages that were really under way
 * are `unknown`; those that waited were never begun, and the same request may be made again.
 */
export interface SendQueue {
  /**
   * Waits for a place; resolves with what gives it back, once, however often it is called.
   * @throws MailError `timeout`, retryable, when none was free in time.
   */
  enter(connection: string, places: Places): Promise<() => void>;
}

/** How many may send at once, and how long the others wait. */
export interface Places {
  /** As many as the connection has sockets: more would wait for one all the same. */
  readonly atOnce: number;
  /** How long to wait for a place. */
  readonly withinMs: number;
}

/**
 * A queue in this process, first come first served. Not for Workers, where no request may wait for another.
 *
 * @example
 * const server = createServer({ transport: nodeTransport, queue: createSendQueue() });
 */
export function createSendQueue(): SendQueue {
  const lines = new Map<string, Line>();

  return {
    async enter(connection, { atOnce, withinMs }) {
      const line = lines.get(connection) ?? { inside: 0, waiting: new Set() };
      lines.set(connection, line);
      if (line.inside < atOnce) line.inside++;
      else await wait(line, withinMs);
      let hasLeft = false;
      return () => {
        if (!hasLeft) leave(line);
        hasLeft = true;
      };
    },
  };
}

interface Line {
  inside: number;
  /** In the order they came. */
  readonly waiting: Set<() => void>;
}

function wait({ waiting }: Line, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(enter);
      const detail = `The connection was busy with other messages for ${withinMs} ms. Nothing was sent.`;
      reject(new MailError("timeout", detail, { phase: "idle", retryable: true }));
    }, withinMs);
    const enter = () => {
      waiting.delete(enter);
      clearTimeout(timer);
      resolve();
    };
    waiting.add(enter);
  });
}

/** The place goes to the first in line, or is free. */
function leave(line: Line): void {
  const [next] = line.waiting;
  if (next === undefined) line.inside--;
  else next();
}
