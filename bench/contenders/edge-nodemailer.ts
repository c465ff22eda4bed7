import type { Contender } from "../harness/bench.ts";
import { inWorkerd } from "../work/in-workerd.ts";
import type { SendTask } from "../work/sending.ts";

export default {
  name: "nodemailer pool, nodejs_compat",
  isElsewhere: true,
  open: (task) => inWorkerd(task, "nodemailer", true),
} satisfies Contender<SendTask>;
