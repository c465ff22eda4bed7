/**
 * Sends from Node, Deno and Bun by our own engine.
 *
 * @module @edgepost/transport-node/native
 */
export type { FilesOption } from "./files/files.ts";
export { type NativeTransportOptions, nativeTransport } from "./native-transport.ts";
export { connectNode } from "./sockets/connect-node.ts";
export type { Destination, NodeSocketOptions, OpenSocket } from "./sockets/route.ts";
