import { Hono } from "hono";
import { listConnections } from "../../connections/manage-connections.ts";
import type { Services } from "../../context.ts";
import { type ProblemDetails, toProblem } from "../../http/problem.ts";
import { requireScope } from "../../keys/scopes.ts";
import { enqueue } from "../../messages/enqueue.ts";
import { readIdempotency, replay } from "../../messages/idempotency.ts";
import { preview } from "../../messages/preview.ts";
import { send } from "../../messages/send.ts";
import { parseSendBody } from "../../messages/send-body.ts";
import { baseUrlOf } from "../base-url.ts";
import { type ConsoleContext, viewerOf } from "../context.ts";
import type { Form } from "../form.ts";
import { PREVIEW_POLICY } from "../headers.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { page } from "../layout.ts";
import { type MessageBody, toFields, toMessage, withoutContents } from "../message-fields.ts";
import type { Session } from "../session.ts";
import { asCurl, asTypeScript, snippet } from "../snippets.ts";
import { say } from "../texts.ts";
import { type ComposeView, composeForm } from "./compose-form.ts";
import { previewOf } from "./compose-preview.ts";

/** Writing a message: as a form or as JSON, looked at before it leaves, and taken along as code. */
export function composePages(services: Services): Hono<ConsoleContext> {
  async function show(session: Session, view: ComposeView, below: Html = NOTHING): Promise<Html> {
    const mayList = session.key.scopes.includes("connections:use");
    const connections = mayList ? (await listConnections(services, session.key)).map(({ name }) => name) : [];
    const content = html`<h1>${say("compose.title")}</h1>${composeForm({ ...view, session, connections })}${below}`;
    return page({ title: say("compose.title"), session, section: "compose", done: view.done, content });
  }

  /** Sends it, once however often the form is sent, and gives the page where to look what became of it. */
  async function sendOnce({ key }: Session, body: MessageBody, once: string): Promise<string> {
    const idempotency = await readIdempotency(once, "/console/compose", new TextEncoder().encode(JSON.stringify(body)));
    const request = { key, body: parseSendBody(body), idempotency };
    const pageOf = (id: string, done: string) =>
      key.scopes.includes("messages:read") ? link("message", { id, done }) : link("compose", { done });
    if (request.body.sendAt !== undefined) return pageOf((await enqueue(services, request)).message.id, "queued");
    const { answer, first } = await send(services, request);
    const { id, success } = first === undefined ? answer : replay(first, idempotency);
    return pageOf(id, success ? "sent" : "partial");
  }

  return new Hono<ConsoleContext>()
    .get("/compose", async (c) => {
      const session = c.get("session");
      requireScope(session.key, "messages:send");
      const { connection, done } = c.req.query();
      const body: MessageBody = connection === undefined ? {} : { connection };
      return c.html(await show(session, { kind: "form", form: toFields(body), done }));
    })
    .post("/compose", async (c) => {
      const session = c.get("session");
      requireScope(session.key, "messages:send");
      const form = c.get("form");
      const read = readBody(form);
      if ("reason" in read) {
        const view = { kind: "json", json: form.exact("json"), reason: read.reason } as const;
        return c.html(await show(session, view), 422);
      }
      const { body } = read;
      const action = form.text("do");
      const isJson = action === "json" || (action !== "form" && form.text("view") === "json");
      const viewOf = (problem?: ProblemDetails): ComposeView =>
        isJson
          ? { kind: "json", json: JSON.stringify(body, undefined, 2), problem }
          : { kind: "form", form: toFields(body), problem };
      try {
        if (action === "send") return c.redirect(await sendOnce(session, body, form.text("once")), 303);
        if (action === "code") return c.html(await show(session, viewOf(), asCode(body, baseUrlOf(c))));
        if (action !== "preview") return c.html(await show(session, viewOf()));
        c.header("content-security-policy", PREVIEW_POLICY);
        return c.html(
          await show(session, viewOf(), previewOf(await preview(services, session.key, parseSendBody(body)))),
        );
      } catch (error) {
        const problem = toProblem(error, viewerOf(c));
        if (problem.code === "internal-error") throw error;
        return c.html(await show(session, viewOf(problem)), problem.status as 422);
      }
    });
}

function readBody(form: Form): { readonly body: MessageBody } | { readonly reason: string } {
  if (form.text("view") !== "json") return { body: toMessage(form) };
  try {
    const body: unknown = JSON.parse(form.exact("json"));
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { body: body as MessageBody };
    return { reason: say("compose.json-object") };
  } catch (error) {
    return { reason: say("compose.json-broken", { reason: error instanceof Error ? error.message : "" }) };
  }
}

function asCode(body: MessageBody, url: string): Html {
  const short = withoutContents(body);
  const options = { url, body: short };
  return html`<section class="card" id="result"><h2>${say("compose.code-title")}</h2><p class="faint">${say("compose.code-about")}
${JSON.stringify(short) === JSON.stringify(body) ? NOTHING : say("compose.code-cut")}</p>
${snippet(say("keys.made-curl"), asCurl(options))}${snippet(say("keys.made-typescript"), asTypeScript(options))}</section>`;
}
