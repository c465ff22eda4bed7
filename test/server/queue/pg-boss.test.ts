import type { Announcement, Courier, QueueEngine } from "@edgepost/server";
import { postgresStore } from "@edgepost/server/postgres";
import { nodeTransport } from "@edgepost/transport-node";
import { PgBoss } from "pg-boss";
import { describeWithPostgres } from "../../support/postgres.ts";
import { usePostgres } from "../store/drivers.ts";
import { engineSuite } from "./engine-suite.ts";
import { houseOf } from "./house.ts";

const QUEUE = "messages";

/** An engine over a job queue somebody has anyway: it carries ids, and everything else is where it was. */
function bossQueue(url: string): QueueEngine {
  const boss = new PgBoss({ connectionString: url, schedule: false, supervise: false });
  boss.on("error", () => {});
  let starting: Promise<void> | undefined;

  async function start(courier: Courier): Promise<void> {
    await boss.start();
    await boss.createQueue(QUEUE, { retryLimit: 0 });
    const options = { batchSize: 20, pollingIntervalSeconds: 0.5, localConcurrency: 4 };
    await boss.work<{ readonly id: string }>(QUEUE, options, async (jobs) => {
      for (const { id, dueAt } of await courier.deliver(jobs.map(({ data }) => data.id))) {
        if (dueAt !== null) await carry({ id, dueAt });
      }
    });
  }

  async function carry({ id, dueAt }: Pick<Announcement, "id" | "dueAt">): Promise<void> {
    await boss.send(QUEUE, { id }, { startAfter: new Date(dueAt) });
  }

  return {
    start(courier) {
      starting = start(courier);
    },
    async announce(messages) {
      await starting;
      for (const message of messages) await carry(message);
    },
    async close() {
      await starting;
      await boss.stop();
    },
  };
}

// Why it is not ours, docs/decisions/0012-postgres-is-the-queue.md says. It is here to show that an
// engine may be anybody's. One that is put to use sweeps, too, for what a process left behind when it died.
describeWithPostgres("an engine over pg-boss", () => {
  const postgres = usePostgres();

  engineSuite(
    houseOf(async () => {
      const url = await (await postgres()).createDatabase();
      return [{ store: await postgresStore(url), outbox: bossQueue(url) }];
    }, nodeTransport),
  );
});
