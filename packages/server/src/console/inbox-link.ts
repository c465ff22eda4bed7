import { type Html, html, NOTHING } from "./html.ts";
import { say } from "./texts.ts";

/** The way to what has arrived, where somebody is only trying things out. */
export function inboxLink(url: string | undefined): Html {
  return url === undefined ? NOTHING : html`<div><a class="button" href="${url}">${say("messages.inbox")}</a></div>`;
}
