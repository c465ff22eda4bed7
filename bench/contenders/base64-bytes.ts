import type { Contender } from "../harness/bench.ts";
import { buildLarge, type LargeTask } from "../work/large.ts";

/** No message, only the base64 of the attachment, in one endless line, as the bytes that a socket takes. */
export default {
  name: "base64 as bytes",
  open(task) {
    const encoder = new TextEncoder();
    return buildLarge(task, async ({ buffer }) => encoder.encode(Buffer.from(buffer).toString("base64")).length);
  },
} satisfies Contender<LargeTask>;
