import type { ApiKey, Scope } from "../keys/scopes.ts";
import { type Html, html, NOTHING } from "./html.ts";
import type { Session } from "./session.ts";
import { isTextKey, say, type TextKey } from "./texts.ts";

/**
 * All pages lie beside each other in one folder, and name each other by that alone: `messages`, `connection?name=main`.
 * So they work under any prefix, also one that a proxy takes away before we see it.
 */
export const SECTIONS = [
  { page: "connections", scope: "connections:use" },
  { page: "compose", scope: "messages:send" },
  { page: "messages", scope: "messages:read" },
  { page: "keys", scope: "keys:write" },
  { page: "settings", scope: undefined },
] as const satisfies readonly { readonly page: string; readonly scope: Scope | undefined }[];

export type Section = (typeof SECTIONS)[number]["page"];

export interface PageOptions {
  readonly title: string;
  /** Undefined before somebody signed in. */
  readonly session?: Session | undefined;
  readonly section?: Section | undefined;
  /** A word for what was just done, as it stands in the address after a redirect. */
  readonly done?: string | undefined;
  readonly content: Html;
}

/** A whole page. */
export function page({ title, session, section, done, content }: PageOptions): Html {
  return html`<!doctype html>
<html lang="${say("language")}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · edgepost</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
<script src="script.js" defer></script>
</head>
<body>
<a class="skip" href="#main">${say("layout.skip")}</a>
<header class="top">
<div class="bar">
<a class="brand" href="home">${envelope()}<span>edgepost</span></a>
${session === undefined ? NOTHING : navigation(session, section)}
</div>
</header>
<main id="main" tabindex="-1">
${doneMessage(done)}
${content}
</main>
</body>
</html>`;
}

/** The first section somebody may see. */
export function homeOf(key: ApiKey): Section {
  return SECTIONS.find(({ scope }) => isOpenTo(key, scope))?.page ?? "settings";
}

/** What every form that changes something holds. */
export function tokenField({ formToken }: Session): Html {
  return html`<input type="hidden" name="token" value="${formToken}">`;
}

function navigation(session: Session, current: Section | undefined): Html {
  const open = SECTIONS.filter(({ scope }) => isOpenTo(session.key, scope));
  return html`<nav aria-label="${say("layout.sections")}"><ul>${open.map(
    ({ page }) =>
      html`<li><a href="${page}"${page === current ? html` aria-current="page"` : NOTHING}>${say(`section.${page}`)}</a></li>`,
  )}</ul></nav>
<form class="sign-out" method="post" action="sign-out" enctype="multipart/form-data">
${tokenField(session)}
<span class="who" title="${say("layout.signed-in-as")}">${session.key.name}</span>
<button class="quiet">${say("layout.sign-out")}</button>
</form>`;
}

function isOpenTo({ scopes }: ApiKey, scope: Scope | undefined): boolean {
  return scope === undefined || scopes.includes(scope);
}

/** Only what the catalogue knows is said, whatever stands in an address. */
function doneMessage(done: string | undefined): Html {
  const key: TextKey | string = `done.${done}`;
  return isTextKey(key) ? html`<p class="note good" role="status">${say(key)}</p>` : NOTHING;
}

function envelope(): Html {
  return html`<svg viewBox="0 0 24 18" width="24" height="18" aria-hidden="true"><rect x="1" y="1" width="22" height="16" rx="2.5" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M2 3l10 7.5L22 3" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round"/></svg>`;
}
