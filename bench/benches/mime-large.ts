import { atLeast, atMost, type Bench } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import { rateTable, timesFaster } from "../harness/tables.ts";
import type { LargeTask } from "../work/large.ts";

const NODEMAILER = "nodemailer's MailComposer";
const CONTENDERS = ["large-edgepost", "large-nodemailer", "base64-bytes", "base64-text"];

export default {
  name: "mime-large",
  what: "Messages with one attachment of random octets, from the object a user writes to bytes or to a stream read to its end.",
  packages: ["nodemailer"],
  async run(settings) {
    const tables = [];
    const verdicts = [];
    for (const megabytes of [10, settings.size(100, 20)]) {
      for (const how of ["bytes", "stream"] as const) {
        const task = (units: number): LargeTask => ({ megabytes, messages: units / megabytes, how });
        const units = settings.size(400, 40);
        const runners = await race({ contenders: CONTENDERS, units, task, warmUps: 2 }, settings);
        const title = `${megabytes} MB, as ${how}`;
        tables.push(rateTable(runners, { title, unit: "MB", baseline: NODEMAILER }));
        verdicts.push(
          atLeast(3, `${title} ≥ 3× nodemailer`, timesFaster(runners, "buildMime", NODEMAILER)),
          atMost(
            2.5,
            `${title} ≤ 2.5× the time of native base64 as bytes`,
            timesFaster(runners, "base64 as bytes", "buildMime"),
          ),
        );
      }
    }
    return { tables, verdicts };
  },
} satisfies Bench;
