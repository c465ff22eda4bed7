import type { SmtpReply } from "@edgepost/core";
import { Hono } from "hono";
import type { Services } from "../../context.ts";
import { requireScope } from "../../keys/scopes.ts";
import { settleInterrupted } from "../../maintenance.ts";
import { findVisible } from "../../messages/visibility.ts";
import type { ServerOptions } from "../../options.ts";
import type { MessageRecord, StoredBody } from "../../store/message-record.ts";
import type { AttemptRecord } from "../../store/outbox.ts";
import type { ConsoleContext } from "../context.ts";
import { said } from "../fields.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { inboxLink } from "../inbox-link.ts";
import { page } from "../layout.ts";
import { messageState } from "../states.ts";
import { isTextKey, say } from "../texts.ts";
import { time } from "../times.ts";

/** Of a source, what is shown at once; attachments are base64 nobody reads. */
const SHOWN_BYTES = 64 * 1024;

/** One message: what became of it for each recipient, in the mail server's own words, and the message itself where kept. */
export function messagePages(services: Services, { inboxUrl }: Pick<ServerOptions, "inboxUrl">): Hono<ConsoleContext> {
  const { store, clock } = services;
  return new Hono<ConsoleContext>()
    .get("/message", async (c) => {
      const session = c.get("session");
      requireScope(session.key, "messages:read");
      await settleInterrupted(services, clock().getTime());
      const message = await findVisible(store, c.req.query("id") ?? "", session.key);
      const [body, attempts] = await Promise.all([store.messages.body(message.id), store.outbox.attempts(message.id)]);
      const title = message.subject === "" ? say("messages.no-subject") : message.subject;
      const content = html`<div class="head"><div><h1>${title}</h1><p>${messageState(message.state)} ${time(message.createdAt)}</p></div>${inboxLink(inboxUrl)}</div>
${message.error === null ? NOTHING : failure(message.error)}
${message.state === "unknown" ? html`<p class="note warn">${say("message.unknown-about")}</p>` : NOTHING}
${recipients(message)}
<div class="columns">${facts(message)}${attempts.length > 1 ? attemptList(attempts) : NOTHING}</div>
${source(message, body)}`;
      return c.html(page({ title, session, section: "messages", done: c.req.query("done"), content }));
    })
    .get("/message-source", async (c) => {
      const { key } = c.get("session");
      requireScope(key, "messages:read");
      const { id } = await findVisible(store, c.req.query("id") ?? "", key);
      const body = await store.messages.body(id);
      if (body === undefined) return c.redirect(link("message", { id }), 303);
      return c.body(new Uint8Array(body.bytes), 200, {
        // Opened nowhere, whatever is in it.
        "content-type": "message/rfc822",
        "content-disposition": `attachment; filename="${id}.eml"`,
      });
    });
}

function failure({ code, detail }: NonNullable<MessageRecord["error"]>): Html {
  const advice = `advice.${code}`;
  return html`<div class="note bad"><p><strong>${say("message.error")}:</strong> ${detail}</p>${
    isTextKey(advice) ? html`<p>${say(advice)}</p>` : NOTHING
  }<p><code>${code}</code></p></div>`;
}

function recipients({ recipients, reply }: MessageRecord): Html {
  return html`<section class="card table" aria-labelledby="recipients"><h2 id="recipients" class="inset">${say("message.recipients")}</h2><table>
<thead><tr><th scope="col">${say("message.address")}</th><th scope="col">${say("message.outcome")}</th><th scope="col">${say("message.said")}</th></tr></thead>
<tbody>${recipients.map(
    (recipient) => html`<tr><td>${recipient.address}</td><td>${messageState(recipient.state)}</td>
<td>${words(recipient.reply ?? (recipient.state === "accepted" ? reply : null))}</td></tr>`,
  )}</tbody></table></section>`;
}

function words(reply: SmtpReply | null): Html {
  return reply === null ? html`<span class="faint">–</span>` : said(reply);
}

function facts({ envelope, connection, reply, messageId, id, key, size, attempts, ...message }: MessageRecord): Html {
  const { createdAt, finishedAt, downgrades, dueAt } = message;
  const row = (term: string, value: Html | string | number) => html`<dt>${term}</dt><dd>${value}</dd>`;
  return html`<section class="card"><dl>
${row(say("message.from"), envelope.from === "" ? "<>" : envelope.from)}
${row(say("messages.connection"), connection ?? say("messages.brought"))}
${row(say("message.last-word"), words(reply))}
${dueAt === null ? NOTHING : row(say("message.due"), time(dueAt))}
${row(say("message.took"), finishedAt === null ? "–" : say("test.ms", { ms: finishedAt - createdAt }))}
${row(say("message.size"), say("message.octets", { count: size }))}
${downgrades.length === 0 ? NOTHING : row(say("message.downgrades"), downgrades.join(", "))}
${row(say("message.attempts"), attempts)}
${row(say("message.message-id"), html`<code>${messageId}</code>`)}
${row(say("message.id"), html`<code>${id}</code>`)}
${row(say("message.key"), key)}
</dl></section>`;
}

function attemptList(attempts: readonly AttemptRecord[]): Html {
  return html`<section class="card"><h2>${say("message.attempt-list")}</h2><ol class="stages">${attempts.map(
    ({
      number,
      openedAt,
      reply,
      error,
    }) => html`<li class="${error === null ? "passes" : "fails"}"><span class="mark">${number}</span>
<div>${time(openedAt)}</div>${error === null ? NOTHING : html`<p>${error.detail}</p>`}${reply === null ? NOTHING : html`<p>${words(reply)}</p>`}</li>`,
  )}</ol></section>`;
}

function source({ id }: MessageRecord, body: StoredBody | undefined): Html {
  if (body === undefined) return html`<p class="faint">${say("message.source-none")}</p>`;
  const isCut = body.bytes.length > SHOWN_BYTES;
  return html`<details class="card"><summary>${say("message.source")}</summary>
${isCut ? html`<p class="faint">${say("message.source-cut")}</p>` : NOTHING}
<pre class="wrap" tabindex="0" aria-label="${say("message.source")}"><code>${new TextDecoder().decode(body.bytes.subarray(0, SHOWN_BYTES))}</code></pre>
<p class="actions"><a class="button" href="${link("message-source", { id })}">${say("message.download")}</a></p></details>`;
}
