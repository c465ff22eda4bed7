import { existsSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { type Page, readPage, root } from "./page.ts";

/** Links of a page that lead nowhere: files that are not there, anchors without a heading. Other sites are not asked. */
export function deadLinks(page: Page): string[] {
  return linksOf(page).filter((link) => !leadsSomewhere(page, link));
}

function linksOf(page: Page): string[] {
  const prose = page.text.replaceAll(/^\s*```.*?^\s*```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
  const links = Array.from(prose.matchAll(/\]\(([^()\s]+)\)/g), ([, link = ""]) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: Page, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const path = file === "" ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(join(root, path))) return false;
  if (isInGuide(page.path) && !isInGuide(path)) return false; // the site is built of docs alone
  if (anchor === undefined) return true;
  return anchorsOf(path === page.path ? page : readPage(path)).has(anchor);
}

function isInGuide(path: string): boolean {
  return !relative("docs", path).startsWith("..");
}

/** What a heading is called in an address, where a forge and the site agree on it. */
function anchorsOf({ text }: Page): ReadonlySet<string> {
  const prose = text.replaceAll(/^\s*```.*?^\s*```$/gms, "");
  const headings = Array.from(prose.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => heading.replaceAll("`", ""));
  return new Set(headings.filter((heading) => forgeAnchor(heading) === siteAnchor(heading)).map(siteAnchor));
}

function forgeAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function siteAnchor(heading: string): string {
  const dashed = heading
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036F]/g, "")
    .replaceAll(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, "-");
  return dashed
    .replaceAll(/-{2,}/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .replace(/^(\d)/, "_$1")
    .toLowerCase();
}
