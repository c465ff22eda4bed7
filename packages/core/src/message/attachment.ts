/** How attachments that are not at hand may be read. Without a policy, `url` and `path` are issues: core reads neither. */
export interface AttachmentPolicy {
  readonly url?: UrlPolicy | undefined;
  /** Opens a local file. Only a Node transport that was given `files` has it. */
  readonly openPath?:
    | ((path: string) => Promise<{ readonly stream: ReadableStream<Uint8Array>; readonly size: number }>)
    | undefined;
}

/** Fetching `url` attachments: https only, no credentials, every host checked before it is connected to. */
export interface UrlPolicy {
  /** Default: the runtime's own `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /**
   * Resolves a host name to its addresses, so that private ones can be refused before connecting. Without it only
   * literal addresses in the URL are checked.
   */
  readonly resolve?: ((host: string) => Promise<readonly string[]>) | undefined;
  /** Redirects followed, each one checked again. Default: 3. */
  readonly maxRedirects?: number | undefined;
  /** Largest body. Default: 25 MiB. */
  readonly maxBytes?: number | undefined;
  /** Until the last byte. Default: 30 s. */
  readonly timeoutMs?: number | undefined;
}
