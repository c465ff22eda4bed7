/**
 * The endpoint as a transport, for browsers too.
 *
 * @module @edgepost/server/client
 */
export type { HttpTransportOptions } from "./client/http-transport.ts";
export { httpTransport } from "./client/http-transport.ts";
