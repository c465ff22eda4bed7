import type { Client } from "pg";
import { openClient } from "../store/postgres-pool.ts";
import { embeddedQueue } from "./embedded.ts";
import type { QueueEngine } from "./engine.ts";

const CHANNEL = "edgepost_due";
/** Others are told of a connection no more often than this: each NOTIFY keeps all commits of the database waiting a little. */
const TELL_EVERY_MS = 250;
const RECONNECT_MS = 1_000;

/**
 * Delivers what is in a {@link postgresStore}, in as many processes as there are: each looks into the outbox by itself, and
 * tells the others of what it stored, so that they help at once.
 *
 * Telling is a courtesy. A NOTIFY nobody heard, and a link that broke, delay a message until the next look, a second later.
 *
 * @param url The same Postgres as that of the store.
 * @param clock Default: the system clock.
 *
 * @example
 * const url = "postgres://edgepost:secret@db.internal/edgepost";
 * const store = await postgresStore(url);
 * const server = createServer({ transport: nodeTransport, store, encryptionKeys: [key], outbox: postgresQueue(url) });
 * server.start();
 */
export function postgresQueue(url: string, clock: () => Date = () => new Date()): QueueEngine {
  const here = embeddedQueue(clock);
  const toldAt = new Map<string, number>();
  let link: Client | undefined;
  let opening: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function listen(): Promise<void> {
    const client = await openClient(url).catch(() => undefined);
    if (client === undefined) return listenLater();
    client.on("end", () => {
      link = undefined;
      listenLater();
    });
    // Whether something is due, the outbox says.
    client.on("notification", ({ payload: connection = "" }) => wake(connection));
    await client.query(`LISTEN ${CHANNEL}`).then(
      () => {
        link = client;
      },
      () => client.end(),
    );
    if (isClosed) await client.end();
  }

  function listenLater(): void {
    if (isClosed) return;
    timer = setTimeout(() => {
      opening = listen();
    }, RECONNECT_MS);
    timer.unref();
  }

  function wake(connection: string): void {
    void here.announce([{ id: "", connection, dueAt: 0 }]);
  }

  return {
    start(courier) {
      here.start(courier);
      opening = listen();
    },
    async announce(messages) {
      await here.announce(messages);
      const now = clock().getTime();
      const due = new Set(messages.filter(({ dueAt }) => dueAt <= now).map(({ connection }) => connection));
      for (const connection of due) {
        if (Math.abs(now - (toldAt.get(connection) ?? 0)) < TELL_EVERY_MS) continue;
        toldAt.set(connection, now);
        await link?.query("SELECT pg_notify($1, $2)", [CHANNEL, connection]);
      }
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await opening;
      await Promise.all([here.close(), link?.end()]);
    },
  };
}
