import { createMailer } from "@edgepost/core";
import { nativeTransport } from "@edgepost/transport-node/native";
import type { Contender } from "../harness/bench.ts";
import { connectionFor } from "../work/our-connection.ts";
import { type SendTask, sendInLanes } from "../work/sending.ts";

export default {
  name: "nativeTransport",
  async open(task) {
    const mailer = createMailer({ transport: nativeTransport(connectionFor(task)) });
    return sendInLanes(task, { send: (letter) => mailer.send(letter), close: () => mailer.close() });
  },
} satisfies Contender<SendTask>;
