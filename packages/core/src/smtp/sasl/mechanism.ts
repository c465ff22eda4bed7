import type { AuthMethod } from "../../connection.ts";

/**
 * One run of a SASL mechanism (RFC 4422) in two methods. A run belongs to one attempt: a second attempt is a new object.
 *
 * Both methods may throw a `MailError`; the dialogue is then cancelled with `*` where the server is waiting for an
 * answer (RFC 4954 section 4), and the session is finished.
 */
export interface Mechanism {
  readonly name: AuthMethod;
  /** The initial response; an empty array is an empty response, `undefined` none: the server speaks first. */
  start(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * The answer to one decoded challenge of a 334 reply. Also where a mechanism checks the server (SCRAM's signature) or
   * answers a refusal it was sent as a challenge (XOAUTH2's error round, whose answer is empty).
   */
  next(challenge: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * Called when the server reports success (235). Throws when the mechanism has not seen all it needs by then: a server
   * that skips the round in which it proves itself must not be believed (SCRAM, RFC 5802 section 5.1).
   */
  finish?(): void;
}

/** What the choice of a mechanism depends on, beside the credentials and what the server offers. */
export interface SelectContext {
  /** The link is under TLS. */
  readonly secured: boolean;
  /** The user lets credentials leave without TLS. */
  readonly allowClearText: boolean;
  /** Cryptographic random bytes, for nonces. */
  readonly random: (bytes: number) => Uint8Array;
}
