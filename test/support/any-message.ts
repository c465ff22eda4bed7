import type { AddressInput, AttachmentInput, MailboxInput, MessageInput } from "@edgepost/core";
import fc from "fast-check";

/** Pieces that have gone wrong somewhere once. */
const PIECES = [
  " ",
  "  ",
  "\t",
  ".",
  "..",
  ",",
  ";",
  ":",
  "<",
  ">",
  "@",
  '"',
  "'",
  "\\",
  "(",
  ")",
  "[",
  "]",
  "=",
  "?",
  "_",
  "%",
  "*",
  "&",
  "From ",
  "From: ",
  "=?utf-8?Q?a?=",
  "=?utf-8?B?YQ==?=",
  "=?",
  "?=",
  "=20",
  "=\r\n",
  "%20",
  "''",
  "--",
  "--=_",
  "-- ",
  "ü",
  "é",
  "e\u0301",
  "漢字",
  "👍🏽",
  "👩‍👩‍👧‍👦",
  "🇩🇪",
  "\u200f",
  "\u202e",
  "\u00a0",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\u0130",
  "ß",
  "a@example.com",
  "<a@example.com>",
  "https://example.com/?a=b&c=d",
  "word",
  "Word.",
  "invoice.pdf",
  "x".repeat(80),
];
const CONTROLS = ["\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b", "\x7f", "\x85"];
const LINE_ENDS = ["\n", "\r", "\r\n", "\n\r", "\n\n"];

const anyCharacter = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }) },
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.string({ unit: "binary-ascii", maxLength: 10 }),
);

/** At the start of a text or of an encoded word, U+FEFF is a byte order mark to many readers, and dropped. */
function withoutMarks(text: string): string {
  return text.replaceAll("\ufeff", "");
}

/** Text for a header: everything but a line break and NUL. */
const headerText = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES) }, anyCharacter, fc.constantFrom(...CONTROLS)), {
    maxLength: 30,
  })
  .map((pieces) => withoutMarks(pieces.join("").replace(/[\r\n\0]/g, "")));

/** Text for a body: everything, in lines of every length. */
export const bodyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...PIECES) },
      { weight: 2, arbitrary: fc.constantFrom(...LINE_ENDS) },
      anyCharacter,
      fc.constantFrom(...CONTROLS, "\0", "\ud800", "\udc00"),
      fc
        .tuple(fc.constantFrom("a", "é", " ", "漢", "b c ", "="), fc.integer({ min: 0, max: 1100 }))
        .map(([piece, count]) => piece.repeat(count)),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => withoutMarks(pieces.join("")));

const ATEXT = "abcxyz0129!#$%&'*+-/=?^_`{|}~";
/** Few outside ASCII: one of them makes the whole message one for SMTPUTF8. */
const atom = fc.oneof(
  { weight: 40, arbitrary: fc.string({ unit: fc.constantFrom(...ATEXT), minLength: 1, maxLength: 12 }) },
  fc.string({ unit: fc.constantFrom(...ATEXT, "ü", "漢"), minLength: 1, maxLength: 12 }),
);
const octetsOf = (text: string) => new TextEncoder().encode(text).length;
const domain = fc.oneof(fc.domain(), fc.constantFrom("example.com", "bücher.example", "xn--bcher-kva.example"));
const localPart = fc
  .array(atom, { minLength: 1, maxLength: 3 })
  .map((atoms) => atoms.join("."))
  .filter((text) => octetsOf(text) <= 64);
const address = fc
  .tuple(localPart, domain)
  .map(([left, right]) => `${left}@${right}`)
  // As U-labels are written as A-labels, a few octets are left for them.
  .filter((text) => octetsOf(text) <= 240);
const mailbox: fc.Arbitrary<MailboxInput> = fc.record({ name: headerText, address }, { requiredKeys: ["address"] });
const quoted = (name: string) => `"${name.replace(/["\\]/g, "\\$&")}"`;
const group: fc.Arbitrary<AddressInput> = fc
  .tuple(
    headerText.filter((name) => name !== ""),
    fc.array(
      fc.oneof(
        address,
        fc.tuple(headerText, address).map(([name, one]) => `${quoted(name)} <${one}>`),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([name, members]) => `${quoted(name)}: ${members.join(", ")};`);
const mailboxes: fc.Arbitrary<AddressInput> = fc.array(
  fc.oneof({ weight: 5, arbitrary: mailbox as fc.Arbitrary<AddressInput> }, group),
  { maxLength: 6 },
);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  bodyText.map((text) => new TextEncoder().encode(text)),
);

const fileName = headerText.filter((text) => octetsOf(text) <= 255);

const attachment: fc.Arbitrary<AttachmentInput> = fc
  .record({
    filename: fc.option(fileName, { nil: undefined }),
    contentType: fc.constantFrom(
      undefined,
      "application/pdf",
      "image/png",
      "application/octet-stream",
      "text/csv; header=present",
      "text/plain",
    ),
    content: bytes,
    disposition: fc.constantFrom(undefined, "attachment", "inline"),
    isReferred: fc.boolean(),
    isStreamed: fc.boolean(),
  })
  .map(({ content, isReferred, isStreamed, ...fields }) => ({
    ...fields,
    // A text that is inline is a text to readers, and not an attachment.
    ...(fields.contentType?.startsWith("text/") && { disposition: "attachment" as const }),
    // Each its own, numbered below.
    ...(isReferred && { contentId: "image" }),
    content: isStreamed ? new Blob([new Uint8Array(content)]) : content,
  }));

/** Who gets a copy that nobody may see. */
export const BLIND_COPY = "blind@hidden.example";

/** Any message the door lets in. */
export const anyMessage: fc.Arbitrary<MessageInput> = fc
  .record(
    {
      from: mailbox,
      sender: mailbox,
      replyTo: mailboxes,
      to: fc.tuple(mailbox, mailboxes).map((nested) => nested as AddressInput),
      cc: mailboxes,
      bcc: headerText.map((name) => ({ name, address: BLIND_COPY })),
      subject: headerText,
      text: bodyText,
      html: bodyText,
      amp: bodyText,
      calendar: bodyText.map((text) => ({ method: "REQUEST", content: `BEGIN:VCALENDAR\r\n${text}` })),
      alternatives: fc.array(
        fc.record({ contentType: fc.constantFrom("text/markdown", "application/json"), content: bodyText }),
        { maxLength: 2 },
      ),
      attachments: fc.array(attachment, { maxLength: 4 }),
      headers: fc.record({ "X-Test": fc.oneof(headerText, fc.array(headerText, { maxLength: 3 })) }),
      priority: fc.constantFrom("high", "normal", "low"),
      inReplyTo: fc.array(
        address.filter((id) => /^[!-~]+$/.test(id)),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: ["from", "to"] },
  )
  .map((message) => ({
    ...message,
    ...(message.attachments !== undefined && {
      attachments: message.attachments.map((one, index) =>
        "contentId" in one ? { ...one, contentId: `image${index}` } : one,
      ),
    }),
  })) as fc.Arbitrary<MessageInput>;
