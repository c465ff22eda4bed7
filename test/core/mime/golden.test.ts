import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Message } from "@edgepost/core";
import { expect, test } from "vitest";
import { anAttachment, mailOf } from "../../support/message.ts";

/**
 * One message of each structure, for eyes. `UPDATE_GOLDEN=1` writes them anew; look at the difference before it is
 * committed.
 */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const logo = anAttachment({
  filename: "logo.png",
  contentType: "image/png",
  disposition: "inline",
  contentId: "logo",
  content: { kind: "bytes", bytes: pixel },
});
const invoice = anAttachment({ content: { kind: "bytes", bytes: Buffer.from("%PDF-1.7\n".repeat(12)) } });
const invitation = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//Example//EN",
  "METHOD:REQUEST",
  "BEGIN:VEVENT",
  "UID:1@example.com",
  "DTSTAMP:20250305T093000Z",
  "DTSTART:20250306T090000Z",
  "SUMMARY:Breakfast",
  "ORGANIZER:mailto:ada@example.com",
  "ATTENDEE:mailto:grace@example.com",
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

const messages: Record<string, Partial<Message>> = {
  empty: {},
  text: { text: "Hello Grace,\n\nhow are you?\n\nAda\n" },
  "text-quoted-printable": {
    text: "Hello Zoë,\n\nFrom here it looks fine.\n.hidden\nA line with a space at its end \nand one that is much longer than the seventy-six characters that fit into a line = long\n-- \nAda\n",
  },
  "text-base64": { text: "Здравствуй, мир!\n\nКак дела?\n" },
  html: { html: "<p>Hello Grace</p>\n" },
  alternative: { text: "Hello Grace\n", html: "<p>Hello Grace</p>\n" },
  "alternative-amp": { text: "Hello\n", amp: "<!doctype html><html ⚡4email></html>\n", html: "<p>Hello</p>\n" },
  calendar: {
    subject: "Breakfast",
    text: "Breakfast tomorrow?\n",
    html: "<p>Breakfast tomorrow?</p>\n",
    calendar: { method: "REQUEST", content: invitation },
    attachments: [
      anAttachment({
        filename: "invite.ics",
        contentType: "application/ics",
        content: { kind: "bytes", bytes: Buffer.from(invitation) },
      }),
    ],
  },
  related: { html: '<img src="cid:logo">\n', attachments: [logo] },
  "related-alternative": { text: "A logo\n", html: '<img src="cid:logo">\n', attachments: [logo] },
  mixed: { text: "Your invoice is attached.\n", attachments: [invoice] },
  everything: {
    text: "Your invoice is attached.\n",
    html: '<p>Your invoice is attached. <img src="cid:logo"></p>\n',
    attachments: [logo, invoice],
  },
  "attachment-alone": { attachments: [invoice] },
  "attachments-alone": { attachments: [invoice, logo] },
  "attached-message": {
    text: "See below.\n",
    attachments: [
      anAttachment({
        filename: "forwarded.eml",
        contentType: "message/rfc822",
        content: { kind: "bytes", bytes: Buffer.from("From: eve@example.com\nSubject: Original\n\nHello\n") },
      }),
    ],
  },
  "file-names": {
    attachments: [
      "plain.pdf",
      "with spaces (and, more).pdf",
      'quotes " and \\ backslashes.pdf',
      "Rechnung März.pdf",
      "請求書.pdf",
      `${"a name that is long ".repeat(6)}.pdf`,
      `${"ein länglicher Dateiname ".repeat(6)}.pdf`,
    ].map((filename) => anAttachment({ filename })),
  },
  headers: {
    from: [
      { name: "Ada Lovelace", address: "ada@example.com" },
      { name: "Zoë", address: "zoe@example.com" },
    ],
    sender: { name: "Billing, Acme", address: "billing@example.com" },
    replyTo: [{ address: "reply@example.com" }],
    to: [
      { name: "Grace Hopper", address: "grace@example.com" },
      { group: "Team", members: [{ address: "a@example.com" }, { name: "B", address: "b@example.com" }] },
      { name: "Jörg Müller-Lüdenscheidt, Ritter vom Orden der äußerst langen Namen", address: "joerg@example.com" },
    ],
    cc: [{ group: "undisclosed-recipients", members: [] }],
    bcc: [{ address: "never@example.com" }],
    subject: "Ihre Rechnung für März: 👩‍👩‍👧‍👦 Familientarif, bitte prüfen und überweisen. Danke  !",
    inReplyTo: ["<0@example.com>"],
    references: Array.from({ length: 6 }, (_, index) => `<a-reference-number-${index}@example.com>`),
    priority: "high",
    listUnsubscribe: { url: "https://example.com/u?id=1", mailto: "mailto:u@example.com", oneClick: true },
    autoSubmitted: "auto-generated",
    headers: [
      { name: "X-Campaign", value: "spring" },
      { name: "X-Campaign", value: "frühling" },
    ],
    text: "Hello\n",
  },
};

for (const [name, fields] of Object.entries(messages)) {
  test(`looks as it always did: ${name}.eml`, async () => {
    const file = new URL(`../../golden/${name}.eml`, import.meta.url);
    const bytes = await mailOf(fields).bytes();
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, bytes);
    expect(existsSync(file), `${name}.eml is missing: UPDATE_GOLDEN=1 writes it`).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(new TextDecoder().decode(bytes));
  });
}
