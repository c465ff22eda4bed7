import type { SmtpConnection } from "@edgepost/core";
import { Hono } from "hono";
import { parseReach } from "../../connections/connection-form.ts";
import { createConnection, findConnection } from "../../connections/manage-connections.ts";
import { type VerificationAnswer, verify } from "../../connections/verify.ts";
import type { Services } from "../../context.ts";
import { toProblem } from "../../http/problem.ts";
import { requireScope } from "../../keys/scopes.ts";
import { fillIn, findProvider, startConnection, toConnection } from "../connection-fields.ts";
import { type ConsoleContext, viewerOf } from "../context.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { page } from "../layout.ts";
import { stagesOf } from "../stages.ts";
import { say } from "../texts.ts";
import { type ConnectionFormOptions, connectionForm, providerChoice } from "./connection-form.ts";

/** A new connection: from nothing, from a well-known service, or like one that is there. */
export function connectionNewPages(services: Services): Hono<ConsoleContext> {
  return new Hono<ConsoleContext>()
    .get("/connection-new", async (c) => {
      const session = c.get("session");
      requireScope(session.key, "connections:write");
      const like = c.req.query("like");
      if (like !== undefined) {
        const form = fillIn(await findConnection(services, session.key, like));
        const title = say("connection.duplicate", { name: like });
        return c.html(newPage({ session, form, passwordHint: say("connection.password-again") }, title, NOTHING));
      }
      const provider = findProvider(c.req.query("provider"));
      const form = startConnection(provider);
      return c.html(newPage({ session, form, provider }, say("connection.new"), providerChoice(provider)));
    })
    .post("/connection-new", async (c) => {
      const session = c.get("session");
      requireScope(session.key, "connections:write");
      const form = c.get("form");
      const options = { session, form, provider: findProvider(form.text("provider")) };
      try {
        if (form.text("do") === "test") {
          const { name: _, allowedFrom: _allowed, fixed: _fixed, system: _system, ...candidate } = toConnection(form);
          const connection = candidate as unknown as SmtpConnection;
          parseReach(connection);
          const answer = await verify(services, { key: session.key, connection, to: undefined, viewer: viewerOf(c) });
          return c.html(newPage(options, say("connection.new"), candidateResult(answer)));
        }
        const { record } = await createConnection(services, session.key, toConnection(form));
        return c.redirect(link("connection", { name: record.name, done: "connection-created" }), 303);
      } catch (error) {
        const problem = toProblem(error, viewerOf(c));
        if (problem.code === "internal-error") throw error;
        return c.html(newPage({ ...options, problem }, say("connection.new"), NOTHING), problem.status as 422);
      }
    });
}

type NewOptions = Omit<ConnectionFormOptions, "action" | "isNew" | "passwordHint"> & { readonly passwordHint?: string };

function newPage(options: NewOptions, title: string, above: Html): Html {
  const { session, passwordHint = say("connection.password-hint") } = options;
  const form = connectionForm({ ...options, action: "connection-new", isNew: true, passwordHint });
  return page({ title, session, section: "connections", content: html`<h1>${title}</h1>${above}${form}` });
}

function candidateResult(answer: VerificationAnswer): Html {
  return html`<section class="card" id="result" tabindex="-1"><p class="note ${answer.ok ? "good" : "bad"}" role="${answer.ok ? "status" : "alert"}">${say(
    answer.ok ? "connection.tested-ok" : "connection.tested-bad",
  )}</p>${stagesOf(answer)}</section>`;
}
