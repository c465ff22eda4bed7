import { parseConnection } from "@edgepost/core";
import { Hono } from "hono";
import type { StoredConnection } from "../../connections/connection-book.ts";
import { connectionNotFound } from "../../connections/connection-book.ts";
import {
  changeConnection,
  findConnection,
  type ListedConnection,
  listConnections,
  removeConnection,
} from "../../connections/manage-connections.ts";
import { verify } from "../../connections/verify.ts";
import type { Services } from "../../context.ts";
import { toProblem } from "../../http/problem.ts";
import { requireScope } from "../../keys/scopes.ts";
import { fillIn, toPatch } from "../connection-fields.ts";
import { type ConsoleContext, viewerOf } from "../context.ts";
import { input } from "../fields.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { page, tokenField } from "../layout.ts";
import type { Session } from "../session.ts";
import { stagesOf } from "../stages.ts";
import { say } from "../texts.ts";
import { time, toDay } from "../times.ts";
import { connectionForm } from "./connection-form.ts";
import { safetyBadges, stateBadge } from "./connections.ts";

/** One connection: what it is, a test of it, and its end. */
export function connectionPages(services: Services): Hono<ConsoleContext> {
  async function find({ key }: Session, name: string): Promise<ListedConnection> {
    const found = (await listConnections(services, key)).find((one) => one.name === name);
    if (found === undefined) throw connectionNotFound();
    return found;
  }

  return new Hono<ConsoleContext>()
    .get("/connection", async (c) => {
      const session = c.get("session");
      const one = await find(session, c.req.query("name") ?? "");
      const content = connectionPage(one, session);
      return c.html(page({ title: one.name, session, section: "connections", done: c.req.query("done"), content }));
    })
    .post("/connection-test", async (c) => {
      const session = c.get("session");
      const { key } = session;
      const form = c.get("form");
      const one = await find(session, form.text("name"));
      const to = form.text("to") || undefined;
      if (to !== undefined) requireScope(key, "messages:send");
      const from = form.text("from") || undefined;
      const answer = await verify(services, { key, connection: one.name, to, from, viewer: viewerOf(c) });
      const said = answer.ok ? (to === undefined ? "test.ok" : "test.sent") : "test.bad";
      const again = link("connection", { name: one.name });
      const content = html`<h1>${one.name}</h1><section class="card">
<p class="note ${answer.ok ? "good" : "bad"}" role="${answer.ok ? "status" : "alert"}">${say(said)}</p>
${stagesOf(answer)}</section>
<p class="actions"><a class="button${answer.ok ? "" : " main"}" href="${again}">${say("test.again")}</a>
${answer.ok && key.scopes.includes("keys:write") ? html`<a class="button main" href="keys">${say("test.next")}</a>` : NOTHING}</p>`;
      return c.html(page({ title: one.name, session, section: "connections", content }));
    })
    .get("/connection-edit", async (c) => {
      const session = c.get("session");
      const stored = await findConnection(services, session.key, c.req.query("name") ?? "");
      return c.html(editPage(stored, { session, form: fillIn(stored) }));
    })
    .post("/connection-edit", async (c) => {
      const session = c.get("session");
      const form = c.get("form");
      const name = c.req.query("name") ?? "";
      const stored = await findConnection(services, session.key, name);
      try {
        await changeConnection(services, session.key, name, toPatch(form));
        return c.redirect(link("connection", { name, done: "connection-changed" }), 303);
      } catch (error) {
        const problem = toProblem(error, viewerOf(c));
        if (problem.code === "internal-error") throw error;
        return c.html(editPage(stored, { session, form, problem }), problem.status as 422);
      }
    })
    .post("/connection-delete", async (c) => {
      await removeConnection(services, c.get("session").key, c.get("form").text("name"));
      return c.redirect(link("connections", { done: "connection-deleted" }), 303);
    });
}

function editPage(
  { record, form: { connection } }: StoredConnection,
  options: Pick<Parameters<typeof connectionForm>[0], "session" | "form" | "problem">,
): Html {
  const title = say("connection.edit", { name: record.name });
  const action = link("connection-edit", { name: record.name });
  const passwordHint =
    connection.auth?.password === undefined
      ? say("connection.password-hint")
      : say("connection.password-kept", { date: toDay(record.updatedAt) });
  const content = html`<h1>${title}</h1>${connectionForm({ ...options, action, isNew: false, passwordHint })}`;
  return page({ title, session: options.session, section: "connections", content });
}

function connectionPage(one: ListedConnection, session: Session): Html {
  const { name, stored, system, lastError } = one;
  const { scopes } = session.key;
  const mayChange = stored !== undefined && scopes.includes("connections:write");
  const mayTestSend = scopes.includes("messages:send");
  return html`<div class="head"><div><h1>${name}</h1><p>${stateBadge(one)}
${system ? html` <span class="badge is-calm">${say("connections.system")}</span>` : NOTHING}
${one.readOnly ? html` <span class="badge is-calm">${say("connections.read-only")}</span>` : NOTHING}</p></div>
${
  mayChange
    ? html`<div><a class="button" href="${link("connection-edit", { name })}">${say("connection.edit-link")}</a>
<a class="button" href="${link("connection-new", { like: name })}">${say("connection.duplicate-link")}</a></div>`
    : NOTHING
}</div>
${lastError === null ? NOTHING : html`<p class="note bad"><strong>${say("connection.last-error")}:</strong> ${lastError}</p>`}
<div class="columns">
<section class="card"><h2>${say("connection.test")}</h2><p class="faint">${say("connection.test-about")}</p>
${testForm(name, session, html`<button class="main">${say("connection.test-run")}</button>`)}</section>
${mayTestSend ? testMessage(one, session) : NOTHING}
${mayChange ? settings(stored) : NOTHING}
${mayChange ? removal(name, session) : NOTHING}
</div>`;
}

function testMessage({ name, stored }: ListedConnection, session: Session): Html {
  const { defaults, auth } = stored?.form.connection ?? {};
  const hasSender = defaults?.from !== undefined;
  const sender = input({
    name: "from",
    label: say("connection.test-from"),
    hint: say("connection.test-from-hint"),
    value: auth?.username.includes("@") ? auth.username : "",
    required: stored !== undefined,
    autocomplete: "email",
  });
  return html`<section class="card"><h2>${say("connection.test-send")}</h2><p class="faint">${say("connection.test-send-about")}</p>
${testForm(
  name,
  session,
  html`${input({ name: "to", type: "email", label: say("connection.test-to"), required: true, autocomplete: "email" })}
${hasSender ? NOTHING : sender}<button>${say("connection.test-send-run")}</button>`,
)}</section>`;
}

function testForm(name: string, session: Session, content: Html): Html {
  return html`<form method="post" action="connection-test" enctype="multipart/form-data" data-busy="${say("form.busy")}">
${tokenField(session)}<input type="hidden" name="name" value="${name}">${content}</form>`;
}

function settings({ record, form }: StoredConnection): Html {
  const { host, port, defaults } = parseConnection(form.connection);
  const { auth } = form.connection;
  const row = (term: string, value: Html | string) => html`<dt>${term}</dt><dd>${value}</dd>`;
  const secret = say("connection.secret-present", { date: toDay(record.updatedAt) });
  return html`<section class="card"><h2>${say("connection.settings")}</h2><dl>
${row(say("connections.server"), `${host}:${port}`)}
${row(say("connections.security"), safetyBadges({ form }))}
${row(say("connection.username"), auth?.username ?? say("connection.no-login"))}
${auth === undefined ? NOTHING : row(say("connection.password"), secret)}
${defaults.from === undefined ? NOTHING : row(say("connection.from"), fillIn({ record, form }).text("from"))}
${form.allowedFrom === undefined ? NOTHING : row(say("connection.allowed-from"), form.allowedFrom.join(", "))}
${row(say("connection.created"), time(record.createdAt))}
${row(say("connection.changed"), time(record.updatedAt))}
</dl></section>`;
}

/** Two steps without a script: what is inside is open only to who asked for it. */
function removal(name: string, session: Session): Html {
  return html`<details class="card"><summary>${say("connection.delete")}</summary><p>${say("connection.delete-about")}</p>
<form method="post" action="connection-delete" enctype="multipart/form-data">${tokenField(session)}
<input type="hidden" name="name" value="${name}"><button class="danger">${say("connection.delete-confirm", { name })}</button></form></details>`;
}
