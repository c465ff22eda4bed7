import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doors, specifierOf } from "../packaging/doors.ts";
import { readPages, root } from "./page.ts";

const run = promisify(execFile);
const bin = (name: string) => join(root, "node_modules/.bin", name);

describe("the site", () => {
  let site: string;
  beforeAll(async () => {
    site = await mkdtemp(join(tmpdir(), "edgepost-site-"));
    await run(bin("typedoc"), ["--options", "docs/typedoc.json"], { cwd: root });
    await run(bin("vitepress"), ["build", "docs", "--outDir", site], { cwd: root });
  }, 300_000); // ten seconds on a quiet machine
  afterAll(() => rm(site, { recursive: true }));

  it("has the guide, and an API reference of every door", async () => {
    const pages = await readdir(site, { recursive: true });
    const references = doors.map((door) => `api/${specifierOf(door)}.html`);
    expect(pages).toEqual(expect.arrayContaining(["index.html", "errors.html", "start/node.html", ...references]));
  });

  it("has a place in its sidebar for every page of the guide", async () => {
    const config = await readFile(join(root, "docs/.vitepress/config.ts"), "utf8");
    const pages = (await readPages()).map(({ path }) => path).filter((path) => path.startsWith("docs/"));
    const unlisted = pages.filter((path) => !config.includes(`"${path.slice("docs/".length, -".md".length)}"`));
    expect(unlisted.filter((path) => !/^docs\/(index|decisions\/\d.*)\.md$/.test(path))).toEqual([]);
  });

  it("shows keywords of templates as they are written", async () => {
    expect(await readFile(join(site, "templates.html"), "utf8")).toContain("<code>{{keywords}}</code>");
  });

  it("loads nothing from elsewhere", async () => {
    const files = (await readdir(site, { recursive: true })).filter((name) => /\.(html|css)$/.test(name));
    const texts = await Promise.all(files.map((name) => readFile(join(site, name), "utf8")));
    const loaded = texts.flatMap(
      (text) => text.match(/(?:src="|<link[^>]+href="|url\(|@import ")https?:[^")]*/g) ?? [],
    );
    expect(loaded).toEqual([]);
  });
});
