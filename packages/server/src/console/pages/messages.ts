import { Hono } from "hono";
import type { Services } from "../../context.ts";
import { requireScope } from "../../keys/scopes.ts";
import { settleInterrupted } from "../../maintenance.ts";
import { logQuerySchema } from "../../messages/log.ts";
import { ownOnly } from "../../messages/visibility.ts";
import type { ServerOptions } from "../../options.ts";
import { MESSAGE_STATES, type MessageRecord } from "../../store/message-record.ts";
import type { ConsoleContext } from "../context.ts";
import { input, select } from "../fields.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { inboxLink } from "../inbox-link.ts";
import { page } from "../layout.ts";
import { messageState } from "../states.ts";
import { name, say } from "../texts.ts";
import { time } from "../times.ts";

const PAGE = 25;
/** Recipients named in a row; a message may have a hundred. */
const RECIPIENTS = 2;

/** The log of messages, filtered and by pages. */
export function messagesPages(services: Services, { inboxUrl }: Pick<ServerOptions, "inboxUrl">): Hono<ConsoleContext> {
  const { store, clock } = services;
  return new Hono<ConsoleContext>().get("/messages", async (c) => {
    const session = c.get("session");
    requireScope(session.key, "messages:read");
    const filters = readFilters(c.req.query());
    await settleInterrupted(services, clock().getTime());
    const found = await store.messages.list({ ...filters, ...ownOnly(session.key), limit: PAGE + 1 });
    const messages = found.slice(0, PAGE);
    const next = found.length > PAGE ? messages.at(-1)?.id : undefined;
    const { before, ...rest } = filters;
    const isFiltered = Object.values(rest).some((value) => value !== undefined);
    const nothing = html`<p class="card">${say(isFiltered || before !== undefined ? "messages.none" : "messages.none-yet")}</p>`;
    const content = html`<div class="head"><div><h1>${say("messages.title")}</h1><p>${say("messages.about")}</p></div>${inboxLink(inboxUrl)}</div>
${filterForm(rest)}
${messages.length === 0 ? nothing : table(messages)}
<p class="actions">${next === undefined ? NOTHING : html`<a class="button" href="${link("messages", { ...rest, cursor: next })}">${say("messages.older")}</a>`}
${before === undefined ? NOTHING : html`<a href="${link("messages", rest)}">${say("messages.newest")}</a>`}</p>`;
    return c.html(page({ title: say("messages.title"), session, section: "messages", content }));
  });
}

interface Filters {
  readonly state: MessageRecord["state"] | undefined;
  readonly connection: string | undefined;
  readonly recipient: string | undefined;
  readonly before: string | undefined;
}

/** A form sends every field, also those left empty; what makes no sense filters nothing. */
function readFilters(query: Readonly<Record<string, string>>): Filters {
  const read = <Name extends "state" | "connection" | "recipient" | "cursor">(name: Name) => {
    const value = query[name]?.trim() || undefined;
    return logQuerySchema.shape[name].safeParse(value).data as (typeof logQuerySchema)["_output"][Name];
  };
  return { state: read("state"), connection: read("connection"), recipient: read("recipient"), before: read("cursor") };
}

function filterForm({ state, connection, recipient }: Omit<Filters, "before">): Html {
  const states = [
    { value: "", label: say("messages.any") },
    ...MESSAGE_STATES.map((value) => ({ value, label: name("state", value) })),
  ];
  return html`<form class="card filters" action="messages" role="search" aria-label="${say("messages.filter")}">
${select({ name: "state", label: say("messages.state"), value: state, choices: states, required: true })}
${input({ name: "connection", label: say("messages.connection"), value: connection })}
${input({ name: "recipient", label: say("messages.recipient"), value: recipient })}
<p><button>${say("messages.filter")}</button></p></form>`;
}

function table(messages: readonly MessageRecord[]): Html {
  const heads = [
    "messages.time",
    "messages.subject",
    "messages.recipients",
    "messages.connection",
    "messages.state",
  ] as const;
  return html`<div class="card table"><table><thead><tr>${heads.map((head) => html`<th scope="col">${say(head)}</th>`)}</tr></thead>
<tbody>${messages.map(row)}</tbody></table></div>`;
}

function row({ id, createdAt, subject, envelope, connection, state, error }: MessageRecord): Html {
  const named = envelope.to.slice(0, RECIPIENTS).join(", ");
  const others = envelope.to.length - RECIPIENTS;
  return html`<tr><td class="time">${time(createdAt)}</td>
<td><a href="${link("message", { id })}">${subject === "" ? say("messages.no-subject") : subject}</a></td>
<td>${named}${others > 0 ? html` <span class="faint">${say("messages.more", { count: others })}</span>` : NOTHING}</td>
<td data-label="${say("messages.connection")}">${connection ?? html`<span class="faint">${say("messages.brought")}</span>`}</td>
<td>${messageState(state)}${error === null ? NOTHING : html`<small>${error.code}</small>`}</td></tr>`;
}
