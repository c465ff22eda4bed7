export type { HttpTransportOptions } from "./client/http-transport.ts";
export { httpTransport } from "./client/http-transport.ts";
