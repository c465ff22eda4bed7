import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";

/** Both ways to send from Node: what a user may rely on holds for each. */
export const nodeTransports = [
  { name: "nodeTransport", create: nodeTransport },
  { name: "nativeTransport", create: nativeTransport },
] as const;
