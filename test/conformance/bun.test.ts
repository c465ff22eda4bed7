import { fileURLToPath } from "node:url";
import { startChildRuntime } from "./child-runtime.ts";
import { conformance } from "./conformance.ts";

const bun = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));

conformance({
  name: "Bun",
  transports: ["nativeTransport", "edgeTransport"],
  trusts: "connection",
  start: () => startChildRuntime(bun, ["run"]),
});
