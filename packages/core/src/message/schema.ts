import * as z from "zod";
import type { AddressInput } from "./input.ts";

// The JSON form of a message. It checks shapes alone, so that JSON Schema can say the same; what an address or a header
// may be is the business of parseMessage. Contents are text or base64, dates are ISO 8601; JSON has no streams, and
// nobody names a local file from outside.

const mailboxes = [
  z.strictObject({ name: z.string().optional(), address: z.string() }),
  z.strictObject({ name: z.string().optional(), email: z.string() }),
] as const;

const addresses: z.ZodType<AddressInput> = z
  .union([z.string(), ...mailboxes, z.array(z.lazy(() => addresses))], {
    error: "must be an address, a { name, address } or a list of these",
  })
  .meta({
    id: "Addresses",
    description: "Addresses as text (`Ada <ada@example.com>`, comma-separated), objects, or lists of both.",
    examples: ["Ada <ada@example.com>", [{ name: "Ada", address: "ada@example.com" }, "grace@example.com"]],
  });

const headers = z
  .record(z.string(), z.union([z.string(), z.array(z.string())], { error: "must be text or a list of texts" }))
  .meta({ id: "Headers", description: "Further headers by name; a list writes the header once per value." });

const attachmentFields = {
  filename: z.string().optional(),
  contentType: z.string().optional().describe("Default: by the extension of the file name."),
  contentId: z.string().optional().describe("For `cid:` references from HTML, without angle brackets."),
  disposition: z.enum(["attachment", "inline"]).optional(),
  headers: headers.optional(),
};

const attachment = z
  .union(
    [
      z.strictObject({
        ...attachmentFields,
        content: z.string(),
        encoding: z.enum(["utf-8", "base64"]).optional().describe("How `content` is written. Default: utf-8."),
      }),
      z.strictObject({
        ...attachmentFields,
        url: z.string().describe("An https URL to fetch, where that is allowed."),
      }),
    ],
    { error: "must have either `content`, with its `encoding`, or `url`, and known fields beside it" },
  )
  .meta({ id: "Attachment" });

const attachments = z.union([z.array(attachment), z.record(z.string(), z.string())], {
  error: "must be a list of attachments, or an object of file names and texts",
});

const alternative = z.strictObject({
  contentType: z.string(),
  content: z.string(),
  headers: headers.optional(),
});

const calendar = z.strictObject({
  method: z.string().optional().describe("RFC 5546. Default: PUBLISH."),
  content: z.string().describe("The iCalendar text."),
  attach: z
    .union([z.boolean(), z.string()], { error: "must be true, false or a file name" })
    .optional()
    .describe("Also as an attachment of this name; `true` means invite.ics."),
});

const dsn = z.strictObject({
  notify: z
    .union([z.literal("never"), z.array(z.enum(["success", "failure", "delay"]))], {
      error: 'must be "never" or a list of "success", "failure", "delay"',
    })
    .optional(),
  return: z.enum(["full", "headers"]).optional(),
  envelopeId: z.string().optional(),
  originalRecipient: z.boolean().optional(),
});

/** Fields a connection, too, may have defaults for. */
export const messageDefaultsSchema = z.strictObject({
  from: addresses.optional(),
  to: addresses.optional(),
  cc: addresses.optional(),
  bcc: addresses.optional(),
  replyTo: addresses.optional(),
  headers: headers.optional(),
});

const messageIds = z.union([z.string(), z.array(z.string())], { error: "must be a Message-ID or a list of them" });

/**
 * The JSON form of a `MessageInput`, as the endpoint takes it: strict, so unknown fields are issues.
 *
 * @example
 * const message = messageSchema.parse(JSON.parse(body));
 * const jsonSchema = z.toJSONSchema(messageSchema);
 */
export const messageSchema = z
  .strictObject({
    ...messageDefaultsSchema.shape,
    sender: addresses.optional(),
    subject: z.string().optional(),
    text: z.string().optional(),
    html: z.string().optional(),
    amp: z.string().optional().describe("AMP for Email."),
    calendar: calendar.optional(),
    alternatives: z.array(alternative).optional(),
    attachments: attachments.optional(),
    messageId: z.string().optional(),
    date: z.iso
      .datetime({ offset: true, error: "must be a date and time with its zone, such as 2026-01-31T12:00:00Z" })
      .optional(),
    inReplyTo: messageIds.optional(),
    references: messageIds.optional(),
    priority: z.enum(["high", "normal", "low"]).optional(),
    listUnsubscribe: z
      .strictObject({ url: z.string().optional(), mailto: z.string().optional(), oneClick: z.boolean().optional() })
      .optional(),
    autoSubmitted: z.enum(["no", "auto-generated", "auto-replied"]).optional().describe("RFC 3834."),
    dsn: dsn.optional().describe("Delivery status notifications (RFC 3461)."),
    requireTls: z.boolean().optional().describe("RFC 8689: every hop must use verified TLS."),
    envelope: z
      .strictObject({ from: z.string().optional(), to: addresses.optional() })
      .optional()
      .describe("Overrides who the message really goes to and bounces to."),
    raw: z.string().optional().describe("A ready message, headers and all."),
    textFromHtml: z.boolean().optional(),
    inlineDataImages: z.boolean().optional(),
    variables: z.record(z.string(), z.json()).optional().describe("Values for `{{keyword}}`."),
  })
  .meta({ id: "Message", title: "Message" });
