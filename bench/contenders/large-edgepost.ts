import { buildMime } from "@edgepost/core";
import type { Contender } from "../harness/bench.ts";
import { buildLarge, countOctets, type LargeTask, largeLetter } from "../work/large.ts";

export default {
  name: "buildMime",
  open(task) {
    return buildLarge(task, async (attachment) => {
      const mail = await buildMime(largeLetter(attachment));
      return task.how === "bytes" ? (await mail.bytes()).length : countOctets(mail.stream());
    });
  },
} satisfies Contender<LargeTask>;
