/** One line of the log. Made of known facts only: no header, no body, no query string. */
export interface LogEntry {
  readonly time: string;
  readonly level: "info" | "error";
  readonly event: "request";
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Whole milliseconds until the answer was ready. */
  readonly ms: number;
  /** The name of the API key, once it was recognised. */
  readonly key?: string;
  /** Of a problem, its code; of an error nobody foresaw, also what it was. */
  readonly code?: string;
  readonly error?: string;
}
