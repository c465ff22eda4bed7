import { Hono } from "hono";
import { DEFAULT_PORTS } from "../../connections/host-policy.ts";
import type { Services } from "../../context.ts";
import { SCOPES } from "../../keys/scopes.ts";
import { DEFAULT_RETENTION_MS, type ServerOptions } from "../../options.ts";
import type { ConsoleContext } from "../context.ts";
import { type Html, html, NOTHING } from "../html.ts";
import { page } from "../layout.ts";
import type { Session } from "../session.ts";
import { name, say } from "../texts.ts";
import { toDay } from "../times.ts";

/** How the server was started, as far as its pages show it. */
export type ShownSettings = Pick<ServerOptions, "retentionMs" | "hosts" | "rateLimit">;

/** How the server is set up, as far as whoever looks may know. */
export function settingsPages(services: Services, settings: ShownSettings): Hono<ConsoleContext> {
  return new Hono<ConsoleContext>().get("/settings", (c) => {
    const session = c.get("session");
    const content = html`<div class="head"><div><h1>${say("settings.title")}</h1><p>${say("settings.about")}</p></div></div>
<div class="columns"><div>
<section class="card">${server(services, settings, session)}</section>
<section class="card"><h2>${say("settings.reference")}</h2><p>${say("settings.reference-about")}</p>
<p class="actions"><a class="button" href="../docs">${say("settings.reference")}</a> <a href="../openapi.json">openapi.json</a></p></section>
</div><section class="card">${you(session)}</section></div>`;
    return c.html(page({ title: say("settings.title"), session, section: "settings", content }));
  });
}

function server({ limits, keepContent, queue }: Services, settings: ShownSettings, { key }: Session): Html {
  const { retentionMs = DEFAULT_RETENTION_MS, hosts = {}, rateLimit } = settings;
  const { ports = DEFAULT_PORTS, allow = [] } = hosts;
  const rate =
    rateLimit === undefined
      ? say("settings.rate-any")
      : say("settings.rate-some", { requests: rateLimit.requests, seconds: rateLimit.perMs / 1000 });
  // What is private is told to those who could name it anyway.
  const reach = html`<dt>${say("settings.ports")}</dt><dd>${[ports].flat().join(", ")}</dd>
<dt>${say("settings.hosts")}</dt><dd>${allow.length === 0 ? say("settings.hosts-none") : allow.join(", ")}</dd>`;
  return html`<h2>${say("settings.server")}</h2><dl>
<dt>${say("settings.retention")}</dt><dd>${say("settings.days", { count: Math.round(retentionMs / DAY_MS) })}</dd>
<dt>${say("settings.content")}</dt><dd>${say(keepContent ? "settings.content-kept" : "settings.content-not")}</dd>
<dt>${say("settings.queue")}</dt><dd>${say(queue === undefined ? "settings.no" : "settings.yes")}</dd>
${key.scopes.includes("connections:write") ? reach : NOTHING}
<dt>${say("settings.rate")}</dt><dd>${rate}</dd>
<dt>${say("settings.message")}</dt><dd>${toMebibytes(limits.maxMessageBytes)}</dd>
<dt>${say("settings.body")}</dt><dd>${toMebibytes(limits.maxBodyBytes)}</dd>
</dl>`;
}

function you({ key }: Session): Html {
  const scopes = SCOPES.filter((scope) => key.scopes.includes(scope));
  return html`<h2>${say("settings.session")}</h2><dl>
<dt>${say("message.key")}</dt><dd>${key.name}</dd>
<dt>${say("settings.session-scopes")}</dt><dd>${scopes.map((scope) => html`<div>${name("scope", scope)}</div>`)}</dd>
<dt>${say("keys.connections")}</dt><dd>${key.connections === null ? say("keys.connections-all") : key.connections.join(", ")}</dd>
<dt>${say("settings.session-expires")}</dt><dd>${key.expiresAt === null ? say("never") : toDay(key.expiresAt)}</dd>
</dl>`;
}

const DAY_MS = 24 * 60 * 60 * 1000;

function toMebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
