import { createTransport } from "nodemailer";
import type { Contender } from "../harness/bench.ts";
import { nodemailerOptions } from "../work/nodemailer-options.ts";
import { type SendTask, sendInLanes } from "../work/sending.ts";

/** Without a pool it opens a connection for each message. */
export default {
  name: "nodemailer",
  async open(task) {
    const transporter = createTransport(nodemailerOptions(task));
    return sendInLanes(task, { send: (letter) => transporter.sendMail(letter) });
  },
} satisfies Contender<SendTask>;
