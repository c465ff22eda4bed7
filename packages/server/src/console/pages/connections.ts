import { parseConnection } from "@edgepost/core";
import { Hono } from "hono";
import type { StoredConnection } from "../../connections/connection-book.ts";
import { type ListedConnection, listConnections } from "../../connections/manage-connections.ts";
import type { Services } from "../../context.ts";
import type { ConsoleContext } from "../context.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { page } from "../layout.ts";
import type { Session } from "../session.ts";
import { say } from "../texts.ts";
import { time } from "../times.ts";

/** The list: where mail can go, whether it works, and what of it is not as safe as it could be. */
export function connectionsPages(services: Services): Hono<ConsoleContext> {
  return new Hono<ConsoleContext>().get("/connections", async (c) => {
    const session = c.get("session");
    const connections = await listConnections(services, session.key);
    const mayAdd = session.key.scopes.includes("connections:write");
    const add = html`<a class="button main" href="connection-new">${say("connections.add")}</a>`;
    const content = html`<div class="head"><div><h1>${say("connections.title")}</h1><p>${say("connections.about")}</p></div>
${mayAdd && connections.length > 0 ? html`<div>${add}</div>` : NOTHING}</div>
${connections.length === 0 ? empty(mayAdd ? add : NOTHING) : table(connections, session)}`;
    return c.html(
      page({ title: say("connections.title"), session, section: "connections", done: c.req.query("done"), content }),
    );
  });
}

function empty(add: Html): Html {
  return html`<div class="card"><p><strong>${say("connections.empty")}</strong></p><p>${say("connections.empty-next")}</p>${add}</div>`;
}

function table(connections: readonly ListedConnection[], { key }: Session): Html {
  const maySeeServers = key.scopes.includes("connections:write");
  return html`<div class="card table"><table>
<thead><tr><th scope="col">${say("connections.name")}</th><th scope="col">${say("connections.server")}</th>
<th scope="col">${say("connections.state")}</th><th scope="col">${say("connections.last-used")}</th></tr></thead>
<tbody>${connections.map(
    (one) => html`<tr>
<td><a href="${link("connection", { name: one.name })}"><strong>${one.name}</strong></a>
${one.system ? html`<span class="badge is-calm" title="${say("connections.system-about")}">${say("connections.system")}</span>` : NOTHING}</td>
<td>${maySeeServers && one.stored !== undefined ? server(one.stored) : html`<span class="faint">${say(one.readOnly ? "connections.read-only" : "connections.unknown")}</span>`}</td>
<td>${stateBadge(one)}${one.lastError === null ? NOTHING : html`<small>${one.lastError}</small>`}</td>
<td class="time" data-label="${say("connections.last-used")}">${one.lastUsedAt === null ? "–" : time(one.lastUsedAt)}</td>
</tr>`,
  )}</tbody></table></div>`;
}

export function stateBadge({ lastUsedAt, lastError }: Pick<ListedConnection, "lastUsedAt" | "lastError">): Html {
  if (lastUsedAt === null) return html`<span class="badge is-calm">${say("connections.unused")}</span>`;
  return lastError === null
    ? html`<span class="badge is-good">${say("connections.ok")}</span>`
    : html`<span class="badge is-bad">${say("connections.failing")}</span>`;
}

function server({ form }: StoredConnection): Html {
  const { host, port } = parseConnection(form.connection);
  return html`<div>${host}:${port}</div>${safetyBadges({ form })}`;
}

/** How its link is protected, and every check that is off. */
export function safetyBadges({ form }: Pick<StoredConnection, "form">): Html {
  const { security, tls } = parseConnection(form.connection);
  const isSure = security === "implicit" || security === "starttls";
  const isUnchecked = security !== "none" && !tls.rejectUnauthorized;
  return html`<span class="badge ${isSure ? "is-good" : "is-warn"}">${say(`tls.${security}`)}</span>${
    isUnchecked ? html`<span class="badge is-warn">${say("tls.unchecked")}</span>` : NOTHING
  }`;
}
