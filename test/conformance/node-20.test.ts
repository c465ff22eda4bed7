import { oldestNode, WHY_NO_OLDEST_NODE } from "../support/node-versions.ts";
import { startChildRuntime } from "./child-runtime.ts";
import { conformance } from "./conformance.ts";

conformance({
  name: "Node 20.19.0",
  missing: oldestNode === undefined ? WHY_NO_OLDEST_NODE : undefined,
  transports: ["nodeTransport", "nativeTransport", "edgeTransport"],
  trusts: "connection",
  start: () => startChildRuntime(oldestNode ?? ""),
});
