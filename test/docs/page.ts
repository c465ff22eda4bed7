import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * How the code in our Markdown is checked. Comments that no reader of the rendered page sees say what a block is:
 *
 *     <!-- run: node -->         the next block is run, in `node`, `deno`, `bun`, `worker` or `sh` (see workbench.ts);
 *                                more words give it a name, as in `run: node before`; `NAME=Class` binds a Durable Object
 *     <!-- prints -->            the next block is what the run before it printed; a Worker prints its answer to `/`
 *     <!-- arrives -->           the next block is the message that the inbox has received last
 *     <!-- file: spool.ts -->    the next block is a file beside the blocks of this page, for them to import or to read
 *     <!-- given                 what blocks of this page use without declaring it, one declaration a line;
 *     declare const mailer: import("@edgepost/core").Mailer;
 *     -->                        not for those that run, which have to stand alone
 *
 * In `prints` and `arrives` blocks `…` stands for anything on its line, and for any lines where it is a line of its own.
 * Every TypeScript block of every page is compiled, marked or not, all in one program (see compile.ts).
 */
export interface Page {
  /** From the root of the repository: `docs/dkim.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Declarations for the blocks that do not stand alone. */
  readonly given: readonly string[];
}

export interface Block {
  readonly language: string;
  readonly code: string;
  /** Where the code begins on its page, from 1. */
  readonly line: number;
  readonly mark: Mark | undefined;
}

export interface Mark {
  readonly kind: "run" | "prints" | "arrives" | "file";
  /** What stands behind the colon: `node before`, `spool.ts`. */
  readonly words: readonly string[];
}

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Every page people read: the README, the guide, the packages' own and the examples'. */
export async function readPages(): Promise<readonly Page[]> {
  const folders = ["docs", "packages", "examples"];
  const nested = await Promise.all(folders.map(markdownIn));
  const top = (await readdir(root)).filter((name) => name.endsWith(".md"));
  return [...top, ...nested.flat()].sort().map(readPage);
}

/** One page, by its path from the root of the repository. */
export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(root, path), "utf8"));
}

/** @throws Error for a block that does not end, and for a mark without a block. */
export function parsePage(path: string, text: string): Page {
  return { path, text, blocks: readBlocks(path, text), given: readGiven(text) };
}

/** The block of a page that is marked to run under this name. */
export function runNamed(page: Page, name: string): Block {
  const block = page.blocks.find(({ mark }) => mark?.kind === "run" && mark.words.includes(name, 1));
  if (block === undefined) throw new Error(`${page.path} has no block to run that is named "${name}".`);
  return block;
}

async function markdownIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !ELSEWHERE.has(entry.name)) return markdownIn(path);
    return entry.isFile() && path.endsWith(".md") ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Made by others, or generated, and gone again while somebody looks. */
const ELSEWHERE = new Set(["node_modules", "dist", "api", ".vitepress", ".wrangler"]);

const MARK = /^\s*<!-- (run|prints|arrives|file)(?:: (.+?))? -->$/;
const FENCE = /^(\s*)```(\w*)/;

function readBlocks(path: string, text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let mark: Mark | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const marked = MARK.exec(line);
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const [, indentation = "", language = ""] = fence;
      const end = lines.findIndex((later, index) => index > at && later.trim() === "```");
      if (end < 0) throw new Error(`${path}:${at + 1}: this code block does not end.`);
      const code = lines.slice(at + 1, end).map((codeLine) => codeLine.slice(indentation.length));
      blocks.push({ language, code: code.join("\n"), line: at + 2, mark });
      at = end;
      mark = undefined;
    } else if (marked !== null) {
      mark = { kind: marked[1] as Mark["kind"], words: marked[2]?.split(" ") ?? [] };
    } else if (line.trim() !== "") {
      if (mark !== undefined) throw new Error(`${path}:${at + 1}: there is no code block behind the mark above.`);
    }
  }
  return blocks;
}

function readGiven(text: string): string[] {
  return Array.from(text.matchAll(/<!-- given\n(.*?)-->/gs), ([, declarations = ""]) =>
    declarations.trim().split("\n"),
  ).flat();
}
