export { type FileAttachmentOptions, fileAttachment } from "./file-attachment.ts";
export type { FilesOption } from "./files.ts";
export { type NodeTransportOptions, nodeTransport } from "./node-transport.ts";
export type { Destination, NodeSocketOptions, OpenSocket } from "./route.ts";
