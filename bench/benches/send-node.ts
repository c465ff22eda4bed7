import { atLeast, type Bench } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import { rateTable, timesFaster } from "../harness/tables.ts";
import { createCheck } from "../servers/counting.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import type { SendTask } from "../work/sending.ts";

const CONTENDERS = ["native", "node", "nodemailer-pool", "nodemailer-connection", "upyo", "emailjs", "smtp-source"];

/** emailjs waits some forty milliseconds for each message: it leaves Nagle's algorithm on, and writes in small pieces. */
const SHARES = { emailjs: 0.005, "nodemailer-connection": 0.25 };

export default {
  name: "send-node",
  what: "Messages of 2 KB text and a small HTML, built and sent over warm connections to Postfix's smtp-sink.",
  packages: ["nodemailer", "@upyo/smtp", "emailjs", "postfix"],
  async run(settings) {
    const messages = settings.size(20_000, 1_000);
    const tables = [];
    const verdicts = [];
    for (const connections of [1, 4, 16]) {
      const sink = await startSmtpSink();
      const task = (units: number): SendTask => ({ port: sink.port, connections, messages: units });
      const work = { contenders: CONTENDERS, units: messages, shares: SHARES, task, check: await createCheck(sink) };
      const runners = await race(work, settings).finally(() => sink.stop());

      const title = `${messages} messages, ${connections} ${connections === 1 ? "connection" : "connections"}`;
      tables.push(rateTable(runners, { title, unit: "message", baseline: "nodemailer pool" }));
      const times = (name: string, other: string) => timesFaster(runners, name, other);
      if (connections !== 4) continue;
      verdicts.push(
        atLeast(10, "nativeTransport ≥ 10× nodemailer's pool", times("nativeTransport", "nodemailer pool")),
        atLeast(1, "nativeTransport ≥ 1× smtp-source -d", times("nativeTransport", "smtp-source")),
        atLeast(4, "nodeTransport ≥ 4× nodemailer's pool", times("nodeTransport", "nodemailer pool")),
      );
    }
    return { tables, verdicts };
  },
} satisfies Bench;
