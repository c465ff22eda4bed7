/**
 * For authors of new runtimes: bring a `Connect`, get a `Transport`.
 *
 * @module @edgepost/core/smtp
 */
export type { ParsedConnection } from "./connection.ts";
export type { SmtpLimits } from "./smtp/limits.ts";
export type { Pool, PoolOptions, Session } from "./smtp/pool.ts";
export { createPool } from "./smtp/pool.ts";
export type { SmtpTransportOptions } from "./smtp/smtp-transport.ts";
export { createSmtpTransport } from "./smtp/smtp-transport.ts";
export type { Connect, ConnectTarget, SmtpSocket, TlsSettings } from "./smtp/socket.ts";
