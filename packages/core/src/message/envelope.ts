/** Who the message really goes to (RFC 5321 section 2.3.1): bare addresses, whatever the headers show. */
export interface Envelope {
  /** The reverse path. Empty for the null sender `<>`. */
  readonly from: string;
  /** At least one forward path, no duplicates. */
  readonly to: readonly [string, ...string[]];
}
