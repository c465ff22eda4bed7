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
  /** The media type of a text, as `text/markdown`. */
  readonly contentType: string;
  /** Text, or bytes as they are. */
  readonly content: string | Uint8Array;
  /** Further fields of this part. Default: none. */
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

/** How to leave a list (RFC 2369, RFC 8058). At least one of `url` and `mailto`. */
export interface ListUnsubscribeInput {
  /** A page to unsubscribe on. */
  readonly url?: string | undefined;
  /** An address, or a `mailto:` URL, to write to. */
  readonly mailto?: string | undefined;
  /** RFC 8058: adds `List-Unsubscribe-Post`; needs an https `url`. */
  readonly oneClick?: boolean | undefined;
}

/** Delivery status notifications (RFC 3461). */
export interface DsnInput {
  /** When to report; `never` alone, or a list. Default: as the server does, mostly for failures. */
  readonly notify?: "never" | readonly ("success" | "failure" | "delay")[] | undefined;
  /** What a report of failure brings back: the whole message, or its header. Default: the server's choice. */
  readonly return?: "full" | "headers" | undefined;
  /** Comes back with each report (ENVID). Printable ASCII, up to 100 characters. */
  readonly envelopeId?: string | undefined;
  /** Sends ORCPT with each recipient. Default: true when `dsn` is given. */
  readonly originalRecipient?: boolean | undefined;
}

/** Who the server is told, instead of whom the header fields show. */
export interface EnvelopeInput {
  /** The reverse path; `""` is the null sender. */
  readonly from?: string | undefined;
  /** Everybody the message goes to, at least one. Default: `to`, `cc` and `bcc`. */
  readonly to?: AddressInput | undefined;
}

/** How urgent a message wants to look. */
export type Priority = "high" | "normal" | "low";

/** Fields a message may leave out when the mailer or the connection has them. A message's own field replaces them. */
export interface MessageDefaults {
  /** The author, or several. */
  readonly from?: AddressInput | undefined;
  /** Recipients that everybody sees. */
  readonly to?: AddressInput | undefined;
  /** Further recipients that everybody sees. */
  readonly cc?: AddressInput | undefined;
  /** Recipients that nobody sees: only the envelope has them. */
  readonly bcc?: AddressInput | undefined;
  /** Where answers go. Default: to the author. */
  readonly replyTo?: AddressInput | undefined;
  /** Other header fields. One that has a field of its own here is an issue, as is one that could add a recipient. */
  readonly headers?: HeadersInput | undefined;
}

/**
 * A message as it is written down: a plain object, checked by the mailer and never changed. It needs `from` and a
 * recipient, its own or by default; an unknown field is an issue.
 */
export interface MessageInput extends MessageDefaults {
  /** Required when `from` has several mailboxes (RFC 5322 section 3.6.2). */
  readonly sender?: AddressInput | undefined;
  /** Any text without line breaks. Default: empty. */
  readonly subject?: string | undefined;
  /** The plain text. Line ends of any kind. */
  readonly text?: string | undefined;
  /** The HTML. Images by `cid:` refer to attachments with that `contentId`. */
  readonly html?: string | undefined;
  /** AMP for Email; sent as `text/x-amp-html` between text and HTML. */
  readonly amp?: string | undefined;
  /** An invitation, beside the text that explains it. */
  readonly calendar?: CalendarInput | undefined;
  /** Further forms of the same text. Readers choose the last they know. */
  readonly alternatives?: readonly AlternativeInput[] | undefined;
  /** Files; up to 1,000. */
  readonly attachments?: AttachmentsInput | undefined;
  /** Other header fields. One that has a field of its own here is an issue. */
  readonly headers?: HeadersInput | undefined;
  /** With or without angle brackets. Default: random, in the domain of the sender. */
  readonly messageId?: string | undefined;
  /** A `Date`, or a string `Date` can parse. Default: now. */
  readonly date?: Date | string | undefined;
  /** Message-IDs this one answers (RFC 5322 section 3.6.4). */
  readonly inReplyTo?: string | readonly string[] | undefined;
  /** Message-IDs of the thread, oldest first. */
  readonly references?: string | readonly string[] | undefined;
  /** Written as `X-Priority` and `Importance` (RFC 4021). Default: `normal`, which writes nothing. */
  readonly priority?: Priority | undefined;
  /** How to leave the list this message comes from. */
  readonly listUnsubscribe?: ListUnsubscribeInput | undefined;
  /** RFC 3834: `auto-generated`, `auto-replied`. */
  readonly autoSubmitted?: "no" | "auto-generated" | "auto-replied" | undefined;
  /** Asks for delivery reports; a downgrade in the receipt where the server has none. */
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
