import type { AttachmentPolicy } from "./message/attachment.ts";
import type { MessageDefaults } from "./message/input.ts";
import type { OutgoingMail } from "./outgoing.ts";
import type { Receipt, Verification } from "./receipt.ts";

/** What one send may be told beside its message. */
export interface SendOptions {
  /** Gives up: before the final dot nothing was delivered (`aborted`), after it the outcome is `delivery-unknown`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What to do when the server refuses some recipients. `best-effort`: send to the others and name the refused in the
   * receipt. `all-or-none`: send to nobody and throw `recipients-rejected`. Default: `best-effort`.
   */
  readonly recipients?: "best-effort" | "all-or-none" | undefined;
  /**
   * Awaited before the octets that make the message deliverable are written: the final dot, the end of the last BDAT
   * chunk, or, where everything goes out in one write, that write. Until it resolves nothing can have been delivered, and
   * if it rejects nothing is: the send fails with `aborted`, retryable unless the reason is a `MailError` that is not.
   *
   * For callers that keep a record of what they send. Called again for each further transaction of a message, and not at
   * all by a transport without {@link Transport.tellsFinal}.
   */
  readonly onFinal?: (() => Promise<void>) | undefined;
  /**
   * Told each line of the dialogue this message is sent in, `C: …` and `S: …`, credentials and the message left out; the
   * opening of a connection too, where that was for this message. Not called by a transport that speaks no SMTP.
   */
  readonly trace?: ((line: string) => void) | undefined;
}

/**
 * Carries finished mail. A custom transport is one object with one method; HTTP-style ones read `mail.message`, SMTP
 * ones `mail.envelope` and the bytes.
 *
 * A transport resolves with a receipt when at least one recipient was accepted, and otherwise throws a `MailError`.
 */
export interface Transport {
  /** Stands in receipts: `node`, `edge`, `memory`. */
  readonly name: string;
  /** Used for the fields neither the message nor the mailer gives: a connection's own `defaults`. */
  readonly defaults?: MessageDefaults;
  /** Reads `path` attachments, for a transport that was told to. */
  readonly attachments?: Pick<AttachmentPolicy, "openPath">;
  /** It awaits {@link SendOptions.onFinal}. Left out, a message may be delivered as soon as `send` is called. */
  readonly tellsFinal?: true;
  /** Resolves when at least one recipient was accepted, within a deadline of its own. @throws MailError otherwise. */
  send(mail: OutgoingMail, options?: SendOptions): Promise<Receipt>;
  /** Tests the connection in stages, without sending. A failed stage is a result, not an error. */
  verify?(options?: SendOptions): Promise<Verification>;
  /** Lets what is under way finish. Sends after it throw `closed`. */
  close?(): Promise<void>;
}
