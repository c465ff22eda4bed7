import type { TlsSummary } from "../receipt.ts";

/**
 * The one seam between the engine and a runtime. Node, Workers, Deno, Bun and a test each bring a `Connect`; the engine
 * knows nothing else of them.
 */

/** A byte stream in both directions, in clear or already secured. */
export interface SmtpSocket {
  /** What the server sends. Its end is a lost connection, never an answer. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What goes to the server. Its backpressure is waited for. */
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
  /** False accepts any certificate. */
  readonly rejectUnauthorized: boolean;
  /** Name for SNI and the certificate check. Default: `host`. */
  readonly serverName?: string;
  /** PEM. */
  readonly ca?: string | readonly string[];
  /** PEM client certificate; then there is a `key`. */
  readonly cert?: string;
  /** PEM private key of `cert`, unencrypted. */
  readonly key?: string;
  /** The oldest version to accept. */
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** Where to connect, and whether TLS starts at once (`implicit`), may start later (`starttls`) or never (`none`). */
export interface ConnectTarget {
  /** Name or address, as parsed. The certificate is checked for it, or for `tls.serverName`. */
  readonly host: string;
  /** From 1 to 65535. */
  readonly port: number;
  /** `starttls` also where TLS is used only if offered. */
  readonly secure: "implicit" | "starttls" | "none";
  /** A setting that cannot be honoured is `unsupported`, never ignored. */
  readonly tls: TlsSettings;
}

/**
 * Opens a socket. Rejects with a `MailError`: `connect-failed`, `tls-failed` (implicit TLS), `unsupported` (before
 * connecting, for a TLS setting this runtime cannot honour), `aborted`.
 */
export type Connect = (target: ConnectTarget, options: { signal?: AbortSignal }) => Promise<SmtpSocket>;
