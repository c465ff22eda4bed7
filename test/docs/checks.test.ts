import { describe, expect, it } from "vitest";
import { compilePages } from "./compile.ts";
import { deadLinks } from "./links.ts";
import { parsePage } from "./page.ts";
import { rowsBelow } from "./tables.ts";

// What checks the pages is itself able to find a fault.

const fenced = (code: string): string => `\`\`\`ts\n${code}\n\`\`\`\n`;

describe("the checks of the pages", () => {
  it("tell the page and the line of code that does not compile", () => {
    const page = parsePage("docs/wrong.md", `# Wrong\n\n${fenced('const first = 1;\nconst port: number = "587";')}`);
    expect(compilePages([page])).toEqual(["docs/wrong.md:5: Type 'string' is not assignable to type 'number'."]);
  });

  it("give a block what its page has given, but for what it declares itself", () => {
    const given = "<!-- given\ndeclare const host: string;\ndeclare const port: number;\n-->\n";
    const page = parsePage(
      "docs/given.md",
      `${given}${fenced("const port = 587;\nexport const place = [host, port];")}`,
    );
    expect(compilePages([page])).toEqual([]);
  });

  it("give nothing to a block that runs, which has to stand alone", () => {
    const given = "<!-- given\ndeclare const host: string;\n-->\n";
    const page = parsePage("docs/alone.md", `${given}<!-- run: node -->\n${fenced("console.log(host);")}`);
    expect(compilePages([page])).toEqual(["docs/alone.md:6: Cannot find name 'host'."]);
  });

  it("find a mark whose block was moved away", () => {
    expect(() => parsePage("docs/moved.md", "<!-- run: node -->\n\nSome words.")).toThrow("docs/moved.md:3");
    expect(() => parsePage("docs/open.md", "```ts\nconst open = true;")).toThrow("docs/open.md:1");
  });

  it("find links to files and headings that are not there", () => {
    const links = ["errors.md", "errors.md#the-codes", "errors.md#the-words", "nowhere.md", "#here", "#there"];
    const text = `# Here\n\n${links.map((link) => `[words](${link})`).join(" ")} [elsewhere](https://example.com)`;
    const found = deadLinks(parsePage("docs/dkim.md", text));
    expect(found).toEqual(["errors.md#the-words", "nowhere.md", "#there"]);
  });

  it("read the rows of a table below a heading", () => {
    const text = "# One\n\n| Head | Tail |\n| --- | --- |\n| `a` | b \\| c |\n\n# Two\n\n| x | y |\n";
    expect(rowsBelow({ path: "docs/table.md", text }, "# One")).toEqual([["a", "b \\| c"]]);
    expect(() => rowsBelow({ path: "docs/table.md", text }, "# Three")).toThrow("docs/table.md");
  });
});
