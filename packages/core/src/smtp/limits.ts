/** How much of anything the engine takes from a server, or gives it. Times are in the connection's `timeouts`. */
export interface SmtpLimits {
  /** One line of a reply, in bytes. RFC 5321 allows 512; a line that never ends must not fill the memory. Default: 64 KiB. */
  readonly replyLineBytes: number;
  /** One reply with all its lines, in bytes. Default: 512 KiB. */
  readonly replyBytes: number;
  /** Lines of one reply, EHLO keywords included: a server may go on with `250-` for ever. Default: 1,000. */
  readonly replyLines: number;
  /** Challenges of one AUTH dialogue. SCRAM, the longest, has two. Default: 10. */
  readonly challenges: number;
  /**
   * Recipients of one transaction. Every server must take 100 (RFC 5321 section 4.5.3.1.8); more are split into several
   * transactions with one receipt. Default: 100.
   */
  readonly recipients: number;
}

export const DEFAULT_LIMITS: SmtpLimits = {
  replyLineBytes: 65_536,
  replyBytes: 524_288,
  replyLines: 1_000,
  challenges: 10,
  recipients: 100,
};
