/** One line of the log. Made of known facts only: no header, no body, no query string. */
export interface LogEntry {
  /** ISO 8601. */
  readonly time: string;
  /** `error` for answers from 500 on. */
  readonly level: "info" | "error";
  readonly event: "request";
  /** The `X-Request-Id` of the answer. */
  readonly requestId: string;
  /** Of the request. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the answer. */
  readonly status: number;
  /** Whole milliseconds until the answer was ready. */
  readonly ms: number;
  /** The name of the API key, once it was recognised. */
  readonly key?: string;
  /** Of a problem, its code; of an error nobody foresaw, also what it was. */
  readonly code?: string;
  /** What an error nobody foresaw was. */
  readonly error?: string;
}
