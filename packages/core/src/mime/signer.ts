/**
 * Signs a finished message; `dkimSigner` of `@edgepost/core/dkim` is one. A signer that cannot sign rejects, and the
 * message does not leave: mail that was asked to be signed never goes out unsigned.
 */
export interface Signer {
  /**
   * One or more complete header fields, folded with CRLF and each ended by CRLF, to be put on top of the message. Several
   * signers all sign the same message: none of them sees what another added.
   */
  sign(message: SignableMessage): Promise<string>;
}

/** A message as it will leave: 7-bit clean wherever it can be, since relays may re-encode anything else (RFC 6376 section 5.3). */
export interface SignableMessage {
  /** The header fields in order, exactly as written: `Name: value` with its folding, without the final CRLF. */
  readonly fields: readonly string[];
  /** The body with CRLF line ends, in chunks of any size. Each call reads it from the start. */
  body(): AsyncIterable<Uint8Array>;
  /** When it is signed: the mailer's clock. */
  readonly date: Date;
}
