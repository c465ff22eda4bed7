import type { SmtpConnection, Transport } from "@edgepost/core";
import type { ApiKeyConfig } from "./authorize.ts";
import type { LogEntry } from "./log.ts";
import type { BodyLimits } from "./read-json.ts";

/** Everything a server is made of. What depends on a runtime is passed in. */
export interface ServerOptions {
  /** Opens the way to a mail server: `nodeTransport`, `edgeTransport`, or your own. */
  readonly transport: (connection: SmtpConnection | string) => Transport;
  /** Who may ask. */
  readonly keys: readonly ApiKeyConfig[];
  /** Mail servers by the name a request calls them, as objects or URLs. Default: none. */
  readonly connections?: Readonly<Record<string, SmtpConnection | string>> | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Receives one entry per request; nothing secret is ever in it. Default: nobody. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** Default: the system clock. */
  readonly clock?: (() => Date) | undefined;
  /** Random octets for ids, Message-IDs and boundaries. Default: `crypto.getRandomValues`. */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
}

export interface ServerLimits extends BodyLimits {
  /** Octets of one message as it is sent. Most servers refuse more than this. */
  readonly maxMessageBytes: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  // 25 MiB of attachments in base64, and room for the rest.
  maxBodyBytes: 35 * 1024 * 1024,
  maxJsonDepth: 64,
  maxMessageBytes: 25 * 1024 * 1024,
};
