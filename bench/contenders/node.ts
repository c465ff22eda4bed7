import { createMailer } from "@edgepost/core";
import { nodeTransport } from "@edgepost/transport-node";
import type { Contender } from "../harness/bench.ts";
import { connectionFor } from "../work/our-connection.ts";
import { type SendTask, sendInLanes } from "../work/sending.ts";

export default {
  name: "nodeTransport",
  async open(task) {
    const mailer = createMailer({ transport: nodeTransport(connectionFor(task)) });
    return sendInLanes(task, { send: (letter) => mailer.send(letter), close: () => mailer.close() });
  },
} satisfies Contender<SendTask>;
