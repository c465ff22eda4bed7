import type { Contender } from "../harness/bench.ts";
import { inWorkerd } from "../work/in-workerd.ts";
import type { SendTask } from "../work/sending.ts";

export default {
  name: "worker-mailer",
  isElsewhere: true,
  open: (task) => inWorkerd(task, "worker-mailer"),
} satisfies Contender<SendTask>;
