import { startWorker } from "../support/workerd.ts";
import { conformance } from "./conformance.ts";

const program = new URL("./programs/worker.ts", import.meta.url);

for (const nodejsCompat of [false, true]) {
  conformance({
    name: nodejsCompat ? "workerd with nodejs_compat" : "workerd",
    transports: nodejsCompat ? ["edgeTransport"] : ["edgeTransport", "workerMailerTransport"],
    trusts: "platform",
    async start() {
      const worker = await startWorker(program, { nodejsCompat });
      return { perform: (request) => worker.ask("/", request), close: worker.close };
    },
  });
}
