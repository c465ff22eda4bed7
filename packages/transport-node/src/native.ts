export { connectNode } from "./connect-node.ts";
export type { FilesOption } from "./files.ts";
export { type NativeTransportOptions, nativeTransport } from "./native-transport.ts";
export type { Destination, NodeSocketOptions, OpenSocket } from "./route.ts";
