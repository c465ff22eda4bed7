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
  /** The display name of the group. */
  readonly group: string;
  /** In the order they were given. */
  readonly members: readonly Mailbox[];
}

/** What an address field holds: RFC 5322 calls a mailbox or a group an address. */
export type Address = Mailbox | Group;

/** One header field that was checked: written once per entry, in this order. */
export interface Header {
  /** Printable ASCII without a colon. */
  readonly name: string;
  /** Not yet encoded; no line break, no NUL. */
  readonly value: string;
}

/** One attachment, checked. */
export interface Attachment {
  /** Safe for a header: no path, no control character. */
  readonly filename?: string;
  /** Media type with its parameters. */
  readonly contentType: string;
  /** Beside the text, or inside it. */
  readonly disposition: "attachment" | "inline";
  /** Without angle brackets. */
  readonly contentId?: string;
  /** Further fields of this part. */
  readonly headers: readonly Header[];
  /** Where its bytes come from. */
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
      /** True when it can be opened one time only. */
      readonly once: boolean;
      /** True when it may give other bytes the next time, as a URL may: what was signed is then kept. */
      readonly mayChange?: boolean;
      /** Bytes, where known beforehand (a `Blob`, a file). */
      readonly size?: number;
      /** Begins to read. What it rejects with, and what the stream fails with, becomes `attachment-failed`. */
      open(options: { readonly signal?: AbortSignal | undefined }): Promise<ReadableStream<Uint8Array>>;
    };

/** One more form of the text, checked. */
export interface Alternative {
  /** Full media type with parameters, for example `text/calendar; method=REQUEST; charset=utf-8`. */
  readonly contentType: string;
  /** Text, or bytes as they are. */
  readonly content: string | Uint8Array;
  /** Further fields of this part. */
  readonly headers: readonly Header[];
}

/** A checked request for delivery reports (RFC 3461). */
export interface Dsn {
  /** Left out: as the server does. */
  readonly notify?: "never" | readonly ("success" | "failure" | "delay")[];
  /** Left out: the server's choice. */
  readonly return?: "full" | "headers";
  /** Not yet xtext. */
  readonly envelopeId?: string;
  /** Whether ORCPT goes with each recipient. */
  readonly originalRecipient: boolean;
}

/** How to leave a list, checked. At least one of `url` and `mailto`. */
export interface ListUnsubscribe {
  /** Printable US-ASCII, as the URL parser writes it. */
  readonly url?: string;
  /** A `mailto:` URL. */
  readonly mailto?: string;
  /** RFC 8058; then there is a `url`. */
  readonly oneClick: boolean;
}

/** A message after the door: complete, readonly, safe. Everything behind trusts it. */
export interface Message {
  /** At least one author. */
  readonly from: readonly [Mailbox, ...Mailbox[]];
  /** There when `from` has several. */
  readonly sender?: Mailbox;
  /** Empty: answers go to the author. */
  readonly replyTo: readonly Address[];
  /** As shown in the header; groups may be empty. */
  readonly to: readonly Address[];
  /** As shown in the header. */
  readonly cc: readonly Address[];
  /** Never written to a header. */
  readonly bcc: readonly Address[];
  /** Decoded; of a raw message as its header has it. */
  readonly subject: string;
  /** Left out when there is none. */
  readonly text?: string;
  /** Left out when there is none. */
  readonly html?: string;
  /** Left out when there is none. */
  readonly amp?: string;
  /** Method in upper case, and the iCalendar text. */
  readonly calendar?: { readonly method: string; readonly content: string };
  /** In the order they were given. */
  readonly alternatives: readonly Alternative[];
  /** In the order they were given, inline ones included. */
  readonly attachments: readonly Attachment[];
  /** Other fields, in the order they were given. */
  readonly headers: readonly Header[];
  /** With angle brackets; of a raw message without one made up, to tell its attempts apart, and not sent. */
  readonly messageId: string;
  /** Written in whole seconds. */
  readonly date: Date;
  /** With angle brackets. */
  readonly inReplyTo: readonly string[];
  /** With angle brackets, oldest first. */
  readonly references: readonly string[];
  /** `normal` writes no field. */
  readonly priority: Priority;
  /** Left out when there is none. */
  readonly listUnsubscribe?: ListUnsubscribe;
  /** Left out: a person wrote it (RFC 3834). */
  readonly autoSubmitted?: "no" | "auto-generated" | "auto-replied";
  /** Left out: none was asked for. */
  readonly dsn?: Dsn;
  /** RFC 8689. */
  readonly requireTls: boolean;
  /** Who the server is told. */
  readonly envelope: Envelope;
  /** A ready message, in place of all the parts above. */
  readonly raw?: AttachmentSource;
  /** True when a local part outside ASCII stands in a header or in the envelope (RFC 6531). */
  readonly needsSmtpUtf8: boolean;
}

export type { AttachmentContent };
