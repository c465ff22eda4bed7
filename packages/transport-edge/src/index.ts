/**
 * Sends from Cloudflare Workers; elsewhere over Node's sockets.
 *
 * @module @edgepost/transport-edge
 */
export { edgeTransport } from "./edge-transport.ts";
export { connectCloudflare } from "./sockets/connect-cloudflare.ts";
