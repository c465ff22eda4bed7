import { fileURLToPath } from "node:url";
import { startChildRuntime } from "./child-runtime.ts";
import { conformance } from "./conformance.ts";

const deno = fileURLToPath(new URL("../../node_modules/.bin/deno", import.meta.url));

conformance({
  name: "Deno",
  transports: ["nativeTransport", "edgeTransport"],
  trusts: "connection",
  start: () => startChildRuntime(deno, ["run", "--quiet", "--no-config", "--allow-all"]),
});
