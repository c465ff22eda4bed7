import { createTransport } from "nodemailer";
import type { Contender } from "../harness/bench.ts";
import { nodemailerOptions } from "../work/nodemailer-options.ts";
import { type SendTask, sendInLanes } from "../work/sending.ts";

/** As its documentation says: a pool for many messages. */
export default {
  name: "nodemailer pool",
  async open(task) {
    const transporter = createTransport({
      ...nodemailerOptions(task),
      pool: true,
      maxConnections: task.connections,
      maxMessages: Number.POSITIVE_INFINITY,
    });
    return sendInLanes(task, {
      send: (letter) => transporter.sendMail(letter),
      close: async () => transporter.close(),
    });
  },
} satisfies Contender<SendTask>;
