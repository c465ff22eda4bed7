/**
 * A Durable Object that keeps a session warm over requests.
 *
 * @module @edgepost/transport-edge/durable-object
 */
export type { SmtpSessionNamespace } from "./durable-object/session-transport.ts";
export { SmtpSessionObject } from "./durable-object/smtp-session-object.ts";
