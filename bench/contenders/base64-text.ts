import type { Contender } from "../harness/bench.ts";
import { buildLarge, type LargeTask } from "../work/large.ts";

/** The same as text, which is not yet anything a socket takes. */
export default {
  name: "base64 as text",
  open(task) {
    return buildLarge(task, async ({ buffer }) => Buffer.from(buffer).toString("base64").length);
  },
} satisfies Contender<LargeTask>;
