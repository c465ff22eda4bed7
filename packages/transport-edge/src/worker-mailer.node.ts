// The same name where there are no Cloudflare sockets: see `exports` of package.json.
export { workerMailerTransport } from "./workers-only.ts";
