import { memoryTransport } from "@edgepost/core/testing";
import { conformance } from "./conformance.ts";
import { perform, type Transports } from "./perform.ts";
import { memories } from "./servers.ts";
import { transports } from "./transports.ts";

// In the Node that runs the tests, without a detour; memoryTransport only here, where what it keeps can be read.

const all: Transports = {
  ...transports,
  memoryTransport: ({ port = 0 }) => memories.get(port) ?? memoryTransport(),
};

conformance({
  name: `Node ${process.versions.node}`,
  transports: Object.keys(all),
  trusts: "connection",
  start: async () => ({ perform: (request) => perform(all, request), close: async () => {} }),
});
