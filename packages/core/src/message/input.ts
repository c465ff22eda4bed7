/**
 * The loose shapes a user writes. Everything after `parseMessage` trusts the strict ones in `message.ts` instead.
 */

/** One mailbox as an object. `email` is accepted for `address`. */
export type MailboxInput =
  | { readonly name?: string | undefined; readonly address: string }
  | { readonly name?: string | undefined; readonly email: string };

/**
 * Addresses, written any way people write them: `ada@example.com`, `Ada <ada@example.com>`, a comma-separated list, an
 * RFC 5322 group (`Team: a@x.example, b@x.example;`), an object, or any nesting of arrays of these.
 */
export type AddressInput = string | MailboxInput | readonly AddressInput[];

/** Header values by name. An array writes the header once per value. A map keeps names such as `__proto__` harmless. */
export type HeadersInput =
  | Readonly<Record<string, string | readonly string[]>>
  | ReadonlyMap<string, string | readonly string[]>;

/** What an attachment is made of. A string is text (UTF-8), or base64 when `encoding` says so. */
export type AttachmentContent =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

interface AttachmentFields {
  readonly filename?: string | undefined;
  /** Default: by the extension of `filename`, else `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** How a string `content` is written. Default: `utf-8`. Validated, never guessed. */
  readonly encoding?: "utf-8" | "base64" | undefined;
  /** For `cid:` references from HTML, without angle brackets. */
  readonly contentId?: string | undefined;
  /** Default: `inline` with a `contentId`, else `attachment`. */
  readonly disposition?: "attachment" | "inline" | undefined;
  readonly headers?: HeadersInput | undefined;
}

/** Exactly one of `content`, `url` (needs a fetch policy) and `path` (needs `fileAttachment` on Node). */
export type AttachmentInput = AttachmentFields &
  (
    | { readonly content: AttachmentContent; readonly url?: undefined; readonly path?: undefined }
    | { readonly url: string | URL; readonly content?: undefined; readonly path?: undefined }
    | { readonly path: string; readonly content?: undefined; readonly url?: undefined }
  );

/** A list, or a record or map of file name to content. */
export type AttachmentsInput =
  | readonly AttachmentInput[]
  | Readonly<Record<string, AttachmentContent>>
  | ReadonlyMap<string, AttachmentContent>;

/** A further form of the same text, for example `text/x-amp-html` or `text/markdown`. */
export interface AlternativeInput {
  readonly contentType: string;
  readonly content: string | Uint8Array;
  readonly headers?: HeadersInput | undefined;
}

/** An invitation (RFC 5546, RFC 6047). */
export interface CalendarInput {
  /** Default: `PUBLISH`. */
  readonly method?: string | undefined;
  /** The iCalendar text. */
  readonly content: string;
  /** Also as an attachment of this name, as Outlook expects: `true` means `invite.ics`. Default: false. */
  readonly attach?: boolean | string | undefined;
}

export interface ListUnsubscribeInput {
  readonly url?: string | undefined;
  readonly mailto?: string | undefined;
  /** RFC 8058: adds `List-Unsubscribe-Post`; needs an https `url`. */
  readonly oneClick?: boolean | undefined;
}

/** Delivery status notifications (RFC 3461). */
export interface DsnInput {
  readonly notify?: "never" | readonly ("success" | "failure" | "delay")[] | undefined;
  readonly return?: "full" | "headers" | undefined;
  readonly envelopeId?: string | undefined;
  /** Sends ORCPT with each recipient. Default: true when `dsn` is given. */
  readonly originalRecipient?: boolean | undefined;
}

export interface EnvelopeInput {
  /** The reverse path; `""` is the null sender. */
  readonly from?: string | undefined;
  readonly to?: AddressInput | undefined;
}

export type Priority = "high" | "normal" | "low";

/** Fields a message may leave out when the mailer or the connection has them. A message's own field replaces them. */
export interface MessageDefaults {
  readonly from?: AddressInput | undefined;
  readonly to?: AddressInput | undefined;
  readonly cc?: AddressInput | undefined;
  readonly bcc?: AddressInput | undefined;
  readonly replyTo?: AddressInput | undefined;
  readonly headers?: HeadersInput | undefined;
}

export interface MessageInput extends MessageDefaults {
  /** Required when `from` has several mailboxes (RFC 5322 section 3.6.2). */
  readonly sender?: AddressInput | undefined;
  readonly subject?: string | undefined;
  readonly text?: string | undefined;
  readonly html?: string | undefined;
  /** AMP for Email; sent as `text/x-amp-html` between text and HTML. */
  readonly amp?: string | undefined;
  readonly calendar?: CalendarInput | undefined;
  readonly alternatives?: readonly AlternativeInput[] | undefined;
  readonly attachments?: AttachmentsInput | undefined;
  readonly headers?: HeadersInput | undefined;
  /** With or without angle brackets. Default: random, in the domain of the sender. */
  readonly messageId?: string | undefined;
  /** A `Date`, or a string `Date` can parse. Default: now. */
  readonly date?: Date | string | undefined;
  readonly inReplyTo?: string | readonly string[] | undefined;
  readonly references?: string | readonly string[] | undefined;
  readonly priority?: Priority | undefined;
  readonly listUnsubscribe?: ListUnsubscribeInput | undefined;
  /** RFC 3834: `auto-generated`, `auto-replied`. */
  readonly autoSubmitted?: "no" | "auto-generated" | "auto-replied" | undefined;
  readonly dsn?: DsnInput | undefined;
  /** RFC 8689: every hop must use verified TLS, or the message is returned. Default: false. */
  readonly requireTls?: boolean | undefined;
  /** Overrides who the message really goes to and bounces to. */
  readonly envelope?: EnvelopeInput | undefined;
  /** A ready message. Line ends are repaired and Bcc is removed; the fields that make content are refused beside it. */
  readonly raw?: string | Uint8Array | ReadableStream<Uint8Array> | undefined;
  /** Makes a plain-text alternative from `html` when there is no `text`. Default: false. */
  readonly textFromHtml?: boolean | undefined;
  /** Turns `data:` images in `html` into inline parts. Default: false. */
  readonly inlineDataImages?: boolean | undefined;
  /** Values for `{{keyword}}`; bound by `renderTemplate` of `@edgepost/core/template`, an issue if left unbound. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}
