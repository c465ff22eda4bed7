import { Hono } from "hono";
import type { Services } from "../../context.ts";
import { SCOPES } from "../../keys/scopes.ts";
import type { ConsoleContext } from "../context.ts";
import { html } from "../html.ts";
import { page } from "../layout.ts";
import type { Session } from "../session.ts";
import { name, say } from "../texts.ts";
import { toDay } from "../times.ts";

/** How the server is set up, as far as whoever looks may know. */
export function settingsPages({ limits, keepContent, queue }: Services): Hono<ConsoleContext> {
  return new Hono<ConsoleContext>().get("/settings", (c) => {
    const session = c.get("session");
    const server = html`<h2>${say("settings.server")}</h2><dl>
<dt>${say("settings.content")}</dt><dd>${say(keepContent ? "settings.content-kept" : "settings.content-not")}</dd>
<dt>${say("settings.queue")}</dt><dd>${say(queue === undefined ? "settings.no" : "settings.yes")}</dd>
<dt>${say("settings.message")}</dt><dd>${toMebibytes(limits.maxMessageBytes)}</dd>
<dt>${say("settings.body")}</dt><dd>${toMebibytes(limits.maxBodyBytes)}</dd>
</dl>`;
    const content = html`<div class="head"><div><h1>${say("settings.title")}</h1><p>${say("settings.about")}</p></div></div>
<div class="columns">
<section class="card">${server}</section>
<section class="card">${you(session)}</section>
<section class="card"><h2>${say("settings.reference")}</h2><p>${say("settings.reference-about")}</p>
<p class="actions"><a class="button" href="../docs">${say("settings.reference")}</a> <a href="../openapi.json">openapi.json</a></p></section>
</div>`;
    return c.html(page({ title: say("settings.title"), session, section: "settings", content }));
  });
}

function you({ key }: Session) {
  const scopes = SCOPES.filter((scope) => key.scopes.includes(scope));
  return html`<h2>${say("settings.session")}</h2><dl>
<dt>${say("message.key")}</dt><dd>${key.name}</dd>
<dt>${say("settings.session-scopes")}</dt><dd>${scopes.map((scope) => html`<div>${name("scope", scope)}</div>`)}</dd>
<dt>${say("keys.connections")}</dt><dd>${key.connections === null ? say("keys.connections-all") : key.connections.join(", ")}</dd>
<dt>${say("settings.session-expires")}</dt><dd>${key.expiresAt === null ? say("never") : toDay(key.expiresAt)}</dd>
</dl>`;
}

function toMebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
