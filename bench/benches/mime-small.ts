import { atLeast, type Bench } from "../harness/bench.ts";
import { race } from "../harness/race.ts";
import { rateTable, timesFaster } from "../harness/tables.ts";
import type { BuildTask } from "../work/building.ts";

const NODEMAILER = "nodemailer's MailComposer";

export default {
  name: "mime-small",
  what: "Messages of 2 KB text and a small HTML, from the object a user writes to their bytes, all checks included.",
  packages: ["nodemailer", "mimetext"],
  async run(settings) {
    const messages = settings.size(10_000, 500);
    const tables = [];
    const verdicts = [];
    for (const language of ["english", "german", "japanese"] as const) {
      // mimetext encodes no text, and so has no way to send other than ASCII.
      const contenders = ["build-edgepost", "build-nodemailer", ...(language === "english" ? ["build-mimetext"] : [])];
      const task = (units: number): BuildTask => ({ messages: units, language });
      const runners = await race({ contenders, units: messages, task, warmUps: 2 }, settings);
      tables.push(
        rateTable(runners, {
          title: `${messages} messages, ${language} text`,
          unit: "message",
          baseline: NODEMAILER,
        }),
      );
      if (language !== "english") continue;
      verdicts.push(
        atLeast(10, "≥ 10× nodemailer's MailComposer", timesFaster(runners, "buildMime", NODEMAILER)),
        atLeast(1, "≥ 1× mimetext", timesFaster(runners, "buildMime", "mimetext")),
      );
    }
    return { tables, verdicts };
  },
} satisfies Bench;
