/** What a server answered (RFC 5321 section 4.2). */
export interface SmtpReply {
  /** Three digits: 2yz done, 3yz go on, 4yz try later, 5yz no. */
  readonly code: number;
  /** `class.subject.detail`, where the server sent one (RFC 2034, RFC 3463). */
  readonly enhancedCode?: string;
  /** The text of all lines, joined by `\n`, without reply and enhanced codes. */
  readonly text: string;
}

/** A recipient the server would not take, and its word on it. */
export interface RejectedRecipient {
  /** As it stands in the envelope. */
  readonly address: string;
  /** What the server said to it. */
  readonly reply: SmtpReply;
  /** True when the reply was a 4yz: this recipient alone may be tried again. */
  readonly retryable: boolean;
}

/**
 * What became of one message. At least one recipient was accepted: a total failure is a `MailError` instead.
 * "Accepted" means that the server's positive final reply to this very message was read.
 */
export interface Receipt {
  /** With its angle brackets; the same over all attempts. Of a raw message without one it is made up, and not sent. */
  readonly messageId: string;
  /** Envelope addresses the server took responsibility for. */
  readonly accepted: readonly string[];
  /** Whom the server refused, each with its word; empty when it took everybody. */
  readonly rejected: readonly RejectedRecipient[];
  /**
   * Recipients of whom nobody can tell. Only for a message that had to be split into several transactions or calls, when
   * the link was lost in one of them after its final dot; left out when there are none. Sending to them again may
   * deliver twice.
   */
  readonly unknown?: readonly string[];
  /** The server's last word; `undefined` from transports that speak no SMTP. */
  readonly reply: SmtpReply | undefined;
  /** The name of the transport that sent it. */
  readonly transport: string;
  /** Bytes of the message as sent, before dot-stuffing. */
  readonly size: number;
  /** What was asked for and the server did not offer, for example `"dsn"`. */
  readonly downgrades: readonly string[];
}

/** The outcome of one message of `sendMany`; `index` counts the input from 0. */
export type SendResult =
  | { readonly index: number; readonly ok: true; readonly receipt: Receipt }
  | { readonly index: number; readonly ok: false; readonly error: Error };

/** The stages of a staged test, in their order; `tls` comes behind `ehlo` with STARTTLS, but is listed before it. */
export type VerificationStageName = "connect" | "tls" | "ehlo" | "auth";

/** What a TLS handshake came to. */
export interface TlsSummary {
  /** `TLSv1.3`. */
  readonly protocol?: string;
  /** What the server showed, whether or not it was checked; the names are the server's own words. */
  readonly certificate?: CertificateSummary;
}

/** A certificate, in the words of whoever issued it. */
export interface CertificateSummary {
  /** `CN=smtp.acme.com, O=Acme`. */
  readonly subject: string;
  /** As `subject`: who signed it. */
  readonly issuer: string;
  /** ISO 8601, as is `validTo`. */
  readonly validFrom: string;
  /** ISO 8601. */
  readonly validTo: string;
  /** The DNS names and addresses it is good for (RFC 5280 section 4.2.1.6). */
  readonly names: readonly string[];
}

/** One stage of a staged test. A stage that does not apply (no TLS, no credentials) or was not reached is left out. */
export interface VerificationStage {
  /** Which. */
  readonly stage: VerificationStageName;
  /** False ends the test. */
  readonly ok: boolean;
  /** Whole milliseconds this stage took. */
  readonly ms: number;
  /** Why it failed: a `MailError` wherever the failure is one. */
  readonly error?: Error;
  /**
   * Of the stage `tls`, also where TLS starts with the connection. Left out when the handshake failed, and where the
   * runtime does not tell, as on Workers.
   */
  readonly tls?: TlsSummary;
}

/** The staged test of a connection: each stage in order, up to the first that failed. */
export interface Verification {
  /** True when every stage that applies went well. */
  readonly ok: boolean;
  /** In the order they were passed, up to the first that failed. */
  readonly stages: readonly VerificationStage[];
  /** EHLO keywords the server offered last, with their parameters, upper case: `{ SIZE: "1000000", PIPELINING: "" }`. */
  readonly capabilities?: Readonly<Record<string, string>>;
}
