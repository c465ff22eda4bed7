import { atLeast, type Bench } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import { rateTable, timesFaster } from "../harness/tables.ts";
import { createCheck } from "../servers/counting.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import type { SendTask } from "../work/sending.ts";

const CONTENDERS = ["edge-edgepost", "edge-worker-mailer", "edge-nodemailer"];

export default {
  name: "send-edge",
  what: "Messages of 2 KB text and a small HTML, built and sent in one request to a Worker in workerd, to Postfix's smtp-sink.",
  packages: ["worker-mailer", "nodemailer", "miniflare", "postfix"],
  async run(settings) {
    const messages = settings.size(2_000, 100);
    const tables = [];
    const verdicts = [];
    for (const connections of [1, 4]) {
      const sink = await startSmtpSink();
      const task = (units: number): SendTask => ({ port: sink.port, connections, messages: units });
      const work = { contenders: CONTENDERS, units: messages, task, check: await createCheck(sink), warmUps: 2 };
      const runners = await race(work, settings).finally(() => sink.stop());

      const title = `${messages} messages, ${connections} ${connections === 1 ? "session" : "sessions"}`;
      tables.push(rateTable(runners, { title, unit: "message", baseline: "worker-mailer" }));
      const least = connections === 1 ? 2.5 : 3;
      const times = timesFaster(runners, "edgeTransport", "worker-mailer");
      verdicts.push(atLeast(least, `≥ ${least}× worker-mailer at ${connections}`, times));
    }
    return { tables, verdicts };
  },
} satisfies Bench;
