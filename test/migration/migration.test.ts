import { describe, expect, it } from "vitest";
import { readPage } from "../docs/page.ts";
import { differingFields, expectSameMail, runBoth, shownDifferences } from "./before-and-after.ts";
import { namesOf, wordsOfFirstColumns } from "./peer-types.ts";

/** Whom people come from, and the types that hold everything they can have written there. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  nodemailer: [
    "nodemailer SMTPTransportOptions",
    "nodemailer SMTPPoolOptions",
    "nodemailer SendMailOptions",
    "nodemailer Attachment",
    "nodemailer SMTPSentMessageInfo",
    "nodemailer ErrorCode",
  ],
  "worker-mailer": ["worker-mailer WorkerMailerOptions", "worker-mailer EmailOptions"],
  upyo: [
    "@upyo/smtp SmtpConfig",
    "@upyo/smtp SmtpTlsOptions",
    "@upyo/core MessageConstructor",
    "@upyo/core Attachment",
    "@upyo/core Receipt",
  ],
};

/** Stands in nodemailer's types for its SES transport, and is no option that a user sets. */
const INTERNAL = ["_dkim"];

describe.each(Object.entries(PEERS))("who comes from %s", (peer, types) => {
  const path = `docs/migration/from-${peer}.md`;

  it("brings the same mail, but for the fields that the page names", async () => {
    const { before, after } = await runBoth(path);
    expectSameMail(before, after);
    expect(shownDifferences(path)).toEqual(differingFields(before, after));
  });

  it.each(types)("finds every name of %s", (type) => {
    const [specifier = "", name = ""] = type.split(" ");
    const words = wordsOfFirstColumns(readPage(path).text);
    expect(namesOf(specifier, name).filter((each) => !words.has(each) && !INTERNAL.includes(each))).toEqual([]);
  });
});
