import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import { startWorker } from "../../test/support/workerd.ts";
import type { Bench } from "../harness/bench.ts";
import { median } from "../harness/statistics.ts";
import { post, startNodeEndpoint, startWorkersEndpoint } from "../servers/endpoints.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { type Figures, measure } from "../work/load.ts";

const CLIENTS = 16;
const MESSAGE = { from: "a@example.com", to: "b@example.com", subject: "Hello", text: "Hello. ".repeat(150) };

/** One way to send a message, the same for each client. */
interface Way {
  readonly name: string;
  /** How many a turn has: a Worker opens a connection for each. */
  readonly sends: number;
  send(): Promise<boolean>;
}

export default {
  name: "server",
  what: `Messages of 1 KB over HTTP through both entries of the endpoint, by ${CLIENTS} clients at once, and by the SDK alone in the same runtime.`,
  packages: ["miniflare", "postfix"],
  async run(settings) {
    const sink = await startSmtpSink();
    const folder = mkdtempSync(join(tmpdir(), "edgepost-bench-"));
    const node = await startNodeEndpoint(sink.port, folder);
    await using worker = await startWorkersEndpoint(sink.port);
    await using bare = await startWorker(new URL("../work/sdk-worker.ts", import.meta.url));
    await using mailer = createMailer({
      transport: nodeTransport({ host: "127.0.0.1", port: sink.port, security: "none" }),
    });
    const task = JSON.stringify({ port: sink.port, message: MESSAGE });

    const ways: readonly Way[] = [
      { name: "SDK in Node", sends: settings.size(5_000, 200), send: () => mailer.send(MESSAGE).then(() => true) },
      { name: "Node entry, SQLite", sends: settings.size(3_000, 200), send: () => post(node.url, MESSAGE) },
      {
        name: "SDK in workerd",
        sends: settings.size(1_000, 100),
        send: () => fetch(bare.url, { method: "POST", body: task }).then(hasSucceeded),
      },
      { name: "Workers entry, D1", sends: settings.size(1_000, 100), send: () => post(worker.url, MESSAGE) },
    ];
    const rounds = new Map<string, Figures[]>(ways.map(({ name }) => [name, []]));
    for (let round = -1; round < settings.rounds; round++) {
      for (const { name, sends, send } of ways) {
        const before = await sink.received();
        const figures = await measure(CLIENTS, { sends }, send);
        const arrived = (await sink.received()).messages - before.messages;
        if (figures.errors > 0 || arrived !== sends) throw new Error(`${name}: ${arrived} of ${sends} arrived.`);
        if (round >= 0) rounds.get(name)?.push(figures);
      }
    }

    node.child.kill("SIGTERM");
    await once(node.child, "close");
    rmSync(folder, { recursive: true });
    await mailer.close();
    await sink.stop();
    const middle = (name: string, of: (figures: Figures) => number) => median((rounds.get(name) ?? []).map(of));
    return {
      tables: [
        {
          title: `${CLIENTS} clients at once`,
          columns: [
            { name: "" },
            { name: "messages / s" },
            { name: "p50 ms", digits: 2 },
            { name: "p99 ms", digits: 2 },
          ],
          rows: ways.map(({ name }) => [
            name,
            middle(name, ({ perSecond }) => perSecond),
            middle(name, ({ p50 }) => p50),
            middle(name, ({ p99 }) => p99),
          ]),
        },
      ],
      verdicts: [],
    };
  },
} satisfies Bench;

async function hasSucceeded(response: Response): Promise<boolean> {
  await response.arrayBuffer();
  return response.ok;
}
