import type { Envelope } from "./envelope.ts";
import type { AttachmentContent, Priority } from "./input.ts";

/** A checked mailbox (RFC 5322 section 3.4): no line break, no NUL, an address any server can read. */
export interface Mailbox {
  /** Display name, decoded, without quotes. */
  readonly name?: string;
  /** `local@domain`; the domain is lower-case ASCII (A-labels), the local part as it was given. */
  readonly address: string;
}

/** A named list of mailboxes, possibly empty (`undisclosed-recipients:;`). */
export interface Group {
  readonly group: string;
  readonly members: readonly Mailbox[];
}

/** What an address field holds: RFC 5322 calls a mailbox or a group an address. */
export type Address = Mailbox | Group;

/** One header field that was checked: written once per entry, in this order. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface Attachment {
  /** Safe for a header: no path, no control character. */
  readonly filename?: string;
  readonly contentType: string;
  readonly disposition: "attachment" | "inline";
  /** Without angle brackets. */
  readonly contentId?: string;
  readonly headers: readonly Header[];
  readonly content: AttachmentSource;
}

/**
 * Where the bytes of an attachment come from. `bytes` are at hand; `open` is called when they are needed, and again for
 * a second attempt unless `once`.
 */
export type AttachmentSource =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly kind: "stream";
      readonly once: boolean;
      /** True when it may give other bytes the next time, as a URL may: what was signed is then kept. */
      readonly mayChange?: boolean;
      /** Bytes, where known beforehand (a `Blob`, a file). */
      readonly size?: number;
      open(options: { readonly signal?: AbortSignal | undefined }): Promise<ReadableStream<Uint8Array>>;
    };

export interface Alternative {
  /** Full media type with parameters, for example `text/calendar; method=REQUEST; charset=utf-8`. */
  readonly contentType: string;
  readonly content: string | Uint8Array;
  readonly headers: readonly Header[];
}

export interface Dsn {
  readonly notify?: "never" | readonly ("success" | "failure" | "delay")[];
  readonly return?: "full" | "headers";
  readonly envelopeId?: string;
  readonly originalRecipient: boolean;
}

export interface ListUnsubscribe {
  /** Printable US-ASCII, as the URL parser writes it. */
  readonly url?: string;
  /** A `mailto:` URL. */
  readonly mailto?: string;
  readonly oneClick: boolean;
}

/** A message after the door: complete, readonly, safe. Everything behind trusts it. */
export interface Message {
  readonly from: readonly [Mailbox, ...Mailbox[]];
  readonly sender?: Mailbox;
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  /** Never written to a header. */
  readonly bcc: readonly Address[];
  /** Decoded; of a raw message as its header has it. */
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly amp?: string;
  readonly calendar?: { readonly method: string; readonly content: string };
  readonly alternatives: readonly Alternative[];
  readonly attachments: readonly Attachment[];
  readonly headers: readonly Header[];
  /** With angle brackets. */
  readonly messageId: string;
  readonly date: Date;
  readonly inReplyTo: readonly string[];
  readonly references: readonly string[];
  readonly priority: Priority;
  readonly listUnsubscribe?: ListUnsubscribe;
  readonly autoSubmitted?: "no" | "auto-generated" | "auto-replied";
  readonly dsn?: Dsn;
  readonly requireTls: boolean;
  readonly envelope: Envelope;
  readonly raw?: AttachmentSource;
  /** True when a local part outside ASCII stands in a header or in the envelope (RFC 6531). */
  readonly needsSmtpUtf8: boolean;
}

export type { AttachmentContent };
