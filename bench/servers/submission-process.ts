import type { AddressInfo } from "node:net";
import { createSubmissionServer } from "./submission.ts";

/** A submission server in a process of its own; tells its port when it listens, and what it has received when asked. */
const { server, received } = createSubmissionServer(JSON.parse(process.argv[2] ?? "{}"));
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("message", () => process.send?.(received));
