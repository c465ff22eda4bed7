import { describe, expect, it } from "vitest";
import { readPage } from "../docs/page.ts";
import { differingFields, expectSameMail, runBoth, shownDifferences } from "./before-and-after.ts";
import { namesOf, wordsOfFirstColumns } from "./peer-types.ts";

const PAGE = "docs/migration/from-nodemailer.md";

describe("who comes from nodemailer", () => {
  it("brings the same mail, but for the fields that the page names", async () => {
    const { before, after } = await runBoth(PAGE);
    expectSameMail(before, after);
    expect(shownDifferences(PAGE)).toEqual(differingFields(before, after));
  });

  /** Of its own types, some are no option a user sets. */
  const OWN = ["_dkim"];
  it.each([
    ["SMTPTransportOptions"],
    ["SMTPPoolOptions"],
    ["SendMailOptions"],
    ["Attachment"],
    ["SMTPSentMessageInfo"],
  ])("finds every name of %s", (type) => {
    const words = wordsOfFirstColumns(readPage(PAGE).text);
    expect(namesOf("nodemailer", type).filter((name) => !words.has(name) && !OWN.includes(name))).toEqual([]);
  });

  it("finds every error code", () => {
    const words = wordsOfFirstColumns(readPage(PAGE).text);
    const codes = namesOf("nodemailer", "ErrorCode");
    expect(codes.filter((code) => !words.has(code))).toEqual([]);
  });
});
