import { existsSync, readFileSync } from "node:fs";
import { defineConfig } from "vitepress";

// The site of these pages: no fonts, scripts or counters of others, and a search that runs in the browser.

export default defineConfig({
  title: "edgepost",
  description: "Mail through your own SMTP server, from anywhere TypeScript runs.",
  cleanUrls: true,
  markdown: {
    config({ renderer: { rules } }) {
      // `{{` begins an expression in Vue's templates, and a keyword of ours in these pages.
      for (const name of ["text", "code_inline"] as const) {
        const render = rules[name];
        rules[name] = (...all) => (render?.(...all) ?? "").replaceAll("{{", "&#123;&#123;");
      }
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/start/node" },
      { text: "Endpoint", link: "/endpoint" },
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      section("Start", ["start/node", "start/workers", "start/deno", "start/bun", "start/browser"]),
      section("Send", ["connections", "messages", "attachments", "templates", "dkim"]),
      section("When it fails", ["errors", "retries"]),
      section("Places", ["edge", "endpoint", "deploy-node", "deploy-workers", "queue", "console", "providers"]),
      section("Extend", ["transports", "connectors"]),
      section("Move here", ["migration/from-nodemailer", "migration/from-worker-mailer", "migration/from-upyo"]),
      section("Behind it", ["architecture", "security", "decisions/index"]),
      { text: "API reference", link: "/api/" },
    ],
  },
});

interface Entry {
  readonly text: string;
  readonly link: string;
}

/** Pages are called what their first line says. */
function section(text: string, pages: readonly string[]): { text: string; items: Entry[] } {
  const files = pages.map((page) => ({ page, file: new URL(`../${page}.md`, import.meta.url) }));
  const items = files
    .filter(({ file }) => existsSync(file))
    .map(({ page, file }) => ({ text: titleOf(file), link: `/${page.replace(/index$/, "")}` }));
  return { text, items };
}

function titleOf(file: URL): string {
  return /^# (.+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";
}
