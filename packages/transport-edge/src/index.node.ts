// The same names where there are no Cloudflare sockets: see `exports` of package.json.
export { connectNode as connectCloudflare } from "@edgepost/transport-node/native";
export { edgeTransport } from "./edge-transport.node.ts";
