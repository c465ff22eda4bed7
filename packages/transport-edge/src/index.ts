export { edgeTransport } from "./edge-transport.ts";
export { connectCloudflare } from "./sockets/connect-cloudflare.ts";
