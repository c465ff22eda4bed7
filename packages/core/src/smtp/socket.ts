import type { TlsSummary } from "../receipt.ts";

/**
 * The one seam between the engine and a runtime. Node, Workers, Deno, Bun and a test each bring a `Connect`; the engine
 * knows nothing else of them.
 */

/** A byte stream in both directions, in clear or already secured. */
export interface SmtpSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /**
   * Upgrades after STARTTLS. Resolves with a fresh socket once the handshake is done and the certificate was checked:
   * the old reader, buffer and capabilities are gone. Locks on the old streams must have been released.
   */
  startTls(options?: { serverName?: string }): Promise<SmtpSocket>;
  /** Ends both directions. Settles quickly even when the peer does not answer. */
  close(): Promise<void>;
  /** Of a secured socket, where the runtime tells: what the handshake came to. Read by `verify` alone. */
  readonly tls?: TlsSummary | undefined;
}

/** TLS settings of a connection, as given by the user. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  /** Name for SNI and the certificate check. Default: `host`. */
  readonly serverName?: string;
  /** PEM. */
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** Where to connect, and whether TLS starts at once (`implicit`), may start later (`starttls`) or never (`none`). */
export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  readonly secure: "implicit" | "starttls" | "none";
  readonly tls: TlsSettings;
}

/**
 * Opens a socket. Rejects with a `MailError`: `connect-failed`, `tls-failed` (implicit TLS), `unsupported` (before
 * connecting, for a TLS setting this runtime cannot honour), `aborted`.
 */
export type Connect = (target: ConnectTarget, options: { signal?: AbortSignal }) => Promise<SmtpSocket>;
