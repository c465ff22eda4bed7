import { describe, expect, it } from "vitest";
import { readPage } from "../docs/page.ts";
import { differingFields, expectSameMail, runBoth, shownDifferences } from "./before-and-after.ts";
import { namesOf, wordsOfFirstColumns } from "./peer-types.ts";

const PAGE = "docs/migration/from-worker-mailer.md";

describe("who comes from worker-mailer", () => {
  it("brings the same mail, but for the fields that the page names", async () => {
    const { before, after } = await runBoth(PAGE);
    expectSameMail(before, after);
    expect(shownDifferences(PAGE)).toEqual(differingFields(before, after));
  });

  it.each([
    ["worker-mailer", "WorkerMailerOptions"],
    ["worker-mailer", "EmailOptions"],
  ])("finds every name of %s, %s", (specifier, type) => {
    const words = wordsOfFirstColumns(readPage(PAGE).text);
    expect(namesOf(specifier, type).filter((name) => !words.has(name))).toEqual([]);
  });
});
