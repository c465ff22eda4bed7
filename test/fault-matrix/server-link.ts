/** One connection as a server sees it, whatever carries it. Text is Latin-1: one character for each octet. */
export interface ServerLink {
  readonly secure: boolean;
  /** The next octets of the client; `undefined` when it is gone. */
  take(): Promise<string | undefined>;
  /** Resolves when there is room for more; false when the client is gone. */
  say(text: string): Promise<boolean>;
  /** Waits for the client to begin a TLS handshake, and leaves it without an answer. */
  hello(): Promise<void>;
  startTls(): Promise<void>;
  /** Says no more, and still reads what comes. */
  close(): void;
  /** Ends the connection as a process that ends: whatever still comes is answered with a reset. */
  hangUp(): void;
  /** Breaks the connection, once the client has read what was said before: a reset would throw that away. */
  reset(): Promise<void>;
  /** Waits until the client has read what was said. */
  heard(): Promise<void>;
  /** Resolves when the client has closed, or the link is broken. */
  readonly gone: Promise<void>;
}
