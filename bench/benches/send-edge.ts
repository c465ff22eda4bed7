import { atLeast, type Bench } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import { rateTable, timesFaster } from "../harness/tables.ts";
import { type CountingServer, createCheck } from "../servers/counting.ts";
import { startDelayProxy } from "../servers/delay-proxy.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { startSubmission } from "../servers/start-submission.ts";
import type { SendTask } from "../work/sending.ts";

const CONTENDERS = ["edge-edgepost", "edge-worker-mailer", "edge-nodemailer"];

/**
 * worker-mailer sets a timer for each reply and leaves it running for half a minute; a request of workerd's may have ten
 * thousand. nodemailer, over Node's sockets inside workerd, is too slow to wait for.
 */
const SHARES = { "edge-worker-mailer": 0.25, "edge-nodemailer": 0.1 };

const CHUNKING = { extensions: ["PIPELINING", "CHUNKING", "8BITMIME", "SIZE 26214400"] };

/** From a data centre to the next one. */
const ONE_WAY_MS = 5;

const SERVERS = [
  { name: "smtp-sink, which has no CHUNKING", part: 1, start: startSmtpSink },
  { name: "a server with CHUNKING", part: 1, start: () => startSubmission(CHUNKING) },
  { name: `a server with CHUNKING, ${ONE_WAY_MS} ms away in each direction`, part: 0.2, start: startFarAway },
];

export default {
  name: "send-edge",
  what: "Messages of 2 KB text and a small HTML, built and sent in one request to a Worker in workerd.",
  packages: ["worker-mailer", "nodemailer", "miniflare", "postfix"],
  async run(settings) {
    const messages = settings.size(2_000, 100);
    const tables = [];
    const verdicts = [];
    for (const { name, part, start } of SERVERS) {
      const units = messages * part;
      for (const connections of [1, 4]) {
        const server = await start();
        const task = (share: number): SendTask => ({ port: server.port, connections, messages: share });
        const check = await createCheck(server);
        const work = { contenders: CONTENDERS, units, shares: SHARES, task, check, warmUps: 2 };
        const runners = await race(work, settings).finally(() => server.stop());

        const sessions = connections === 1 ? "1 session" : `${connections} sessions`;
        const title = `${units} messages, ${sessions}, to ${name}`;
        tables.push(rateTable(runners, { title, unit: "message", baseline: "worker-mailer" }));
        const least = connections === 1 ? 2.5 : 3;
        const times = timesFaster(runners, "edgeTransport", "worker-mailer");
        verdicts.push(atLeast(least, `≥ ${least}× worker-mailer, ${sessions}, to ${name}`, times));
      }
    }
    return { tables, verdicts };
  },
} satisfies Bench;

async function startFarAway(): Promise<CountingServer> {
  const server = await startSubmission(CHUNKING);
  const proxy = await startDelayProxy(server.port, ONE_WAY_MS);
  const stop = () => {
    proxy.stop();
    return server.stop();
  };
  return { ...server, port: proxy.port, stop };
}
