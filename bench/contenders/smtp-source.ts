import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Contender } from "../harness/bench.ts";
import type { SendTask } from "../work/sending.ts";

/**
 * Postfix's load generator, in C: it makes no message, it repeats one, and it waits for the reply to each command.
 * `-l` counts the body alone; with its own header fields the message weighs about what ours does.
 */
const BODY_OCTETS = 2_700;

export default {
  name: "smtp-source",
  isElsewhere: true,
  async open({ port, connections, messages, isCold }) {
    const flags = ["-s", String(connections), "-m", String(messages), "-l", String(BODY_OCTETS)];
    return {
      async turn() {
        const source = spawn("/usr/sbin/smtp-source", [...(isCold ? [] : ["-d"]), ...flags, `inet:127.0.0.1:${port}`], {
          stdio: ["ignore", "ignore", "inherit"],
        });
        const [code] = await once(source, "exit");
        if (code !== 0) throw new Error(`smtp-source ended with ${code}.`);
      },
    };
  },
} satisfies Contender<SendTask>;
