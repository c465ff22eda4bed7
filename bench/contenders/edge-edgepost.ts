import type { Contender } from "../harness/bench.ts";
import { inWorkerd } from "../work/in-workerd.ts";
import type { SendTask } from "../work/sending.ts";

export default {
  name: "edgeTransport",
  isElsewhere: true,
  open: (task) => inWorkerd(task, "edgepost"),
} satisfies Contender<SendTask>;
