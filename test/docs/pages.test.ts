import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePages } from "./compile.ts";
import { deadLinks } from "./links.ts";
import { matches } from "./matches.ts";
import { type Block, type Page, readPages } from "./page.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

// What people read is true: its code compiles, what is marked to run does and prints what stands there, and links lead
// somewhere. How blocks are marked is told in page.ts.

const pages = await readPages();

describe("the pages people read", () => {
  it("show code that compiles", () => {
    expect(compilePages(pages)).toEqual([]);
  });

  it.each(pages)("link to what exists: $path", (page) => {
    expect(deadLinks(page)).toEqual([]);
  });
});

describe.each(pages.filter(hasRuns))("what $path shows", (page) => {
  let workbench: Workbench;
  beforeAll(async () => {
    workbench = await openWorkbench(page);
  });
  afterAll(() => workbench[Symbol.asyncDispose]());

  for (const block of page.blocks.filter(isRun)) {
    it(`runs: ${block.mark?.words.join(" ")} at line ${block.line}`, async () => {
      const printed = await workbench.run(block);
      for (const result of resultsOf(page, block)) {
        const found = result.mark?.kind === "prints" ? printed : workbench.arrived();
        if (!matches(found, result.code)) expect(found).toBe(result.code);
      }
    });
  }
});

function hasRuns(page: Page): boolean {
  return page.blocks.some(isRun);
}

function isRun({ mark }: Block): boolean {
  return mark?.kind === "run";
}

/** The `prints` and `arrives` blocks that follow a run, up to the next one. */
function resultsOf(page: Page, run: Block): readonly Block[] {
  const after = page.blocks.slice(page.blocks.indexOf(run) + 1);
  const next = after.findIndex(isRun);
  const own = next < 0 ? after : after.slice(0, next);
  return own.filter(({ mark }) => mark?.kind === "prints" || mark?.kind === "arrives");
}
