import { withFailover, withRetry } from "@edgepost/core";
import { edgeTransport } from "@edgepost/transport-edge";
import { nodeTransport } from "@edgepost/transport-node";
import { nativeTransport } from "@edgepost/transport-node/native";
import type { Transports } from "./perform.ts";

/** Nobody listens at port 1. */
const dead = { host: "127.0.0.1", port: 1, security: "none" } as const;

/** What sends over Node's sockets: in Node, Deno and Bun. */
export const transports: Transports = {
  nodeTransport,
  nativeTransport,
  edgeTransport,
  "withRetry(nativeTransport)": (connection) =>
    withRetry(nativeTransport(connection), { maxAttempts: 2, firstDelayMs: 1 }),
  "withFailover([dead, nativeTransport])": (connection) =>
    withFailover([nativeTransport(dead), nativeTransport(connection)]),
};
