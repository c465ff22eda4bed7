import MailComposer from "nodemailer/lib/mail-composer";
import type { Contender } from "../harness/bench.ts";
import { type BuildTask, buildEach } from "../work/building.ts";

export default {
  name: "nodemailer's MailComposer",
  async open(task) {
    return buildEach(task, (letter) => new MailComposer(letter).compile().build());
  },
} satisfies Contender<BuildTask>;
