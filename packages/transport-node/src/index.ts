/**
 * Sends from Node by nodemailer's SMTP connection.
 *
 * @module @edgepost/transport-node
 */
export { type FileAttachmentOptions, fileAttachment } from "./files/file-attachment.ts";
export type { FilesOption } from "./files/files.ts";
export { type NodeTransportOptions, nodeTransport } from "./node-transport.ts";
export type { Destination, NodeSocketOptions, OpenSocket } from "./sockets/route.ts";
