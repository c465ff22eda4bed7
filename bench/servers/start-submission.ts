import { fork } from "node:child_process";
import { once } from "node:events";
import type { CountingServer } from "./counting.ts";
import type { SubmissionOptions } from "./submission.ts";

/** A submission server in a process of its own. */
export async function startSubmission(options: SubmissionOptions): Promise<CountingServer> {
  const child = fork(new URL("./submission-process.ts", import.meta.url), [JSON.stringify(options)]);
  const [port] = await once(child, "message");
  return {
    port,
    async received() {
      child.send("received");
      const [received] = await once(child, "message");
      return received;
    },
    async stop() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
