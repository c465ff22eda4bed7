import MailComposer from "nodemailer/lib/mail-composer";
import type { Contender } from "../harness/bench.ts";
import { buildLarge, countOctets, type LargeTask, largeLetter } from "../work/large.ts";

export default {
  name: "nodemailer's MailComposer",
  open(task) {
    return buildLarge(task, async ({ buffer }) => {
      const message = new MailComposer(largeLetter(Buffer.from(buffer))).compile();
      return task.how === "bytes" ? (await message.build()).length : countOctets(message.createReadStream());
    });
  },
} satisfies Contender<LargeTask>;
