import { Hono } from "hono";
import { listConnections } from "../../connections/manage-connections.ts";
import type { Services } from "../../context.ts";
import { parseBody } from "../../http/parse-body.ts";
import { type ProblemDetails, toProblem } from "../../http/problem.ts";
import { createKey, listKeys, revokeKey } from "../../keys/manage-keys.ts";
import { SCOPES } from "../../keys/scopes.ts";
import { newKeySchema } from "../../routes/keys.ts";
import type { KeyRecord } from "../../store/store.ts";
import { baseUrlOf } from "../base-url.ts";
import { type ConsoleContext, viewerOf } from "../context.ts";
import { input, problemNote, textarea, tick } from "../fields.ts";
import { type Form, startForm } from "../form.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { page, tokenField } from "../layout.ts";
import type { Session } from "../session.ts";
import { asCurl, asTypeScript, snippet } from "../snippets.ts";
import { name as nameOf, say } from "../texts.ts";
import { time, toDay } from "../times.ts";

/** API keys: who may send, and what a new one is used with. */
export function keyPages(services: Services): Hono<ConsoleContext> {
  const { store, clock } = services;

  async function listPage(session: Session, form: Form, more: { done?: string | undefined; problem?: ProblemDetails }) {
    const keys = await listKeys(services, session.key);
    const lastMessages = await Promise.all(keys.map(({ id }) => store.messages.list({ key: id, limit: 1 })));
    const rows = keys.map((key, index) =>
      row(key, lastMessages[index]?.[0]?.createdAt, { session, now: clock().getTime() }),
    );
    const content = html`<div class="head"><div><h1>${say("keys.title")}</h1><p>${say("keys.about")}</p></div></div>
${rows.length === 0 ? html`<p class="card">${say("keys.none")}</p>` : table(rows)}
${newKeyForm(session, form, more.problem)}`;
    return page({ title: say("keys.title"), session, section: "keys", done: more.done, content });
  }

  return new Hono<ConsoleContext>()
    .get("/keys", async (c) => c.html(await listPage(c.get("session"), NEW_KEY, { done: c.req.query("done") })))
    .post("/keys", async (c) => {
      const session = c.get("session");
      const form = c.get("form");
      try {
        const { expiresAt, connections = null, ...body } = parseBody(newKeySchema, toBody(form));
        const wanted = { ...body, connections, expiresAt: expiresAt === undefined ? null : Date.parse(expiresAt) };
        const { record, token } = await createKey(services, session.key, wanted);
        const connection = await exampleConnection(session, record);
        // Shown as the answer itself: a redirect would have to carry the token, or this server to keep it.
        return c.html(madePage(session, record, { url: baseUrlOf(c), token, connection }), 201);
      } catch (error) {
        const problem = toProblem(error, viewerOf(c));
        if (problem.code === "internal-error") throw error;
        return c.html(await listPage(session, form, { problem }), problem.status as 422);
      }
    })
    .post("/key-revoke", async (c) => {
      await revokeKey(services, c.get("session").key, c.get("form").text("id"));
      return c.redirect(link("keys", { done: "key-revoked" }), 303);
    });

  /** One the new key may use, for the examples. */
  async function exampleConnection({ key }: Session, { connections }: KeyRecord): Promise<string> {
    if (connections !== null) return connections[0] ?? "default";
    const listed = key.scopes.includes("connections:use") ? await listConnections(services, key) : [];
    return (listed.find(({ lastError }) => lastError === null) ?? listed[0])?.name ?? "default";
  }
}

/** What most programs need, and no more. */
const NEW_KEY = startForm({ scope: ["messages:send", "connections:use"] });

function toBody(form: Form): object {
  const connections = form
    .text("connections")
    .split(/[\s,]+/)
    .filter((name) => name !== "");
  const day = form.text("expires");
  return {
    name: form.text("name"),
    scopes: form.all("scope"),
    ...(connections.length > 0 && { connections }),
    ...(day !== "" && { expiresAt: `${day}T23:59:59Z` }),
  };
}

function table(rows: readonly Html[]): Html {
  const heads = ["keys.name", "keys.scopes", "keys.connections", "keys.last-message", "keys.expires"] as const;
  return html`<div class="card table"><table><thead><tr>${heads.map((head) => html`<th scope="col">${say(head)}</th>`)}<th><span class="unseen">${say("keys.revoke")}</span></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function row(
  { id, name, scopes, connections, createdAt, expiresAt }: KeyRecord,
  lastMessage: number | undefined,
  { session, now }: { readonly session: Session; readonly now: number },
): Html {
  const isExpired = expiresAt !== null && expiresAt <= now;
  return html`<tr><td><strong>${name}</strong><small><code>${id}</code></small><small>${say("keys.created")} ${toDay(createdAt)}</small></td>
<td>${scopes.map((scope) => html`<div>${nameOf("scope", scope)}</div>`)}</td>
<td data-label="${say("keys.connections")}">${connections === null ? say("keys.connections-all") : connections.join(", ")}</td>
<td class="time" data-label="${say("keys.last-message")}">${lastMessage === undefined ? say("never") : time(lastMessage)}</td>
<td class="time" data-label="${say("keys.expires")}">${expiresAt === null ? say("never") : toDay(expiresAt)}${isExpired ? html` <span class="badge is-bad">${say("keys.expired")}</span>` : NOTHING}</td>
<td><form method="post" action="key-revoke" enctype="multipart/form-data">${tokenField(session)}<input type="hidden" name="id" value="${id}">
<button class="danger quiet" aria-label="${say("keys.revoke-label", { name })}">${say("keys.revoke")}</button></form></td></tr>`;
}

function newKeyForm(session: Session, form: Form, problem: ProblemDetails | undefined): Html {
  const wrong = (field: string) => problem?.errors?.find(({ pointer }) => pointer.startsWith(`/${field}`))?.detail;
  const scopes = SCOPES.filter((scope) => session.key.scopes.includes(scope));
  return html`<section class="card"><h2>${say("keys.make")}</h2>
${problem === undefined ? NOTHING : problemNote(problem)}
<form method="post" action="keys" enctype="multipart/form-data" data-busy="${say("form.busy")}">${tokenField(session)}
<div class="columns"><div>
${input({ name: "name", label: say("keys.name"), hint: say("keys.name-hint"), value: form.exact("name"), required: true, error: wrong("name") })}
${textarea({ name: "connections", label: say("keys.connections"), hint: say("keys.connections-hint"), rows: 2, value: form.exact("connections"), error: wrong("connections") })}
${input({ name: "expires", type: "date", label: say("keys.expires"), hint: say("keys.expires-hint"), value: form.exact("expires"), error: wrong("expiresAt") })}
</div><fieldset><legend>${say("keys.scopes")}</legend>${scopes.map((scope) =>
    tick({
      name: "scope",
      value: scope,
      label: nameOf("scope", scope),
      hint: scope,
      ticked: form.all("scope").includes(scope),
    }),
  )}</fieldset></div>
<p class="actions"><button class="main">${say("keys.make")}</button></p></form></section>`;
}

function madePage(
  session: Session,
  { name }: KeyRecord,
  { url, token, connection }: { readonly url: string; readonly token: string; readonly connection: string },
): Html {
  const body = { connection, from: "me@example.com", to: "you@example.com", subject: "Hello", text: "It works." };
  const options = { url, apiKey: token, body };
  const content = html`<h1>${say("keys.made-title")}</h1>
<section class="card"><p class="note warn" role="status">${say("keys.made-about")}</p>
<div class="snippet" data-copy="${say("copy.copy")}" data-copied="${say("copy.copied")}"><output class="secret" aria-label="${say("keys.made-token", { name })}">${token}</output></div>
<p class="actions"><a class="button main" href="keys">${say("keys.made-done")}</a></p></section>
<section class="card"><h2>${say("keys.made-use")}</h2>
${snippet(say("keys.made-curl"), asCurl(options))}${snippet(say("keys.made-typescript"), asTypeScript(options))}</section>`;
  return page({ title: say("keys.made-title"), session, section: "keys", content });
}
