import type { ProblemDetails } from "../../http/problem.ts";
import { adviceFor } from "../advice.ts";
import { fieldOf, problemNote, select, textarea, tick } from "../fields.ts";
import type { Form } from "../form.ts";
import { type Html, html, NOTHING } from "../html.ts";
import { tokenField } from "../layout.ts";
import { ADDRESS_FIELDS, describeAttachment } from "../message-fields.ts";
import type { Session } from "../session.ts";
import { say } from "../texts.ts";

/** One message in one of its two views, and what was wrong with it. */
export type ComposeView = { readonly problem?: ProblemDetails | undefined; readonly done?: string | undefined } & (
  | { readonly kind: "form"; readonly form: Form }
  | { readonly kind: "json"; readonly json: string; readonly reason?: string }
);

export type ComposeFormOptions = ComposeView & {
  readonly session: Session;
  /** Names to choose from. */
  readonly connections: readonly string[];
};

export function composeForm(options: ComposeFormOptions): Html {
  const { session, kind, problem } = options;
  return html`${problem === undefined ? NOTHING : problemNote(problem, adviceFor(problem))}
<form class="card" method="post" action="compose#result" enctype="multipart/form-data" data-busy="${say("form.busy")}">
${tokenField(session)}
<input type="hidden" name="once" value="${crypto.randomUUID()}">
<input type="hidden" name="view" value="${kind}">
<div class="tabs" role="group" aria-label="${say("compose.views")}">
<button name="do" value="form" aria-pressed="${String(kind === "form")}">${say("compose.form")}</button>
<button name="do" value="json" aria-pressed="${String(kind === "json")}">${say("compose.json")}</button></div>
${options.kind === "form" ? fields(options) : json(options)}
<p class="actions"><button class="main" name="do" value="send">${say("compose.send")}</button>
<button name="do" value="preview">${say("compose.preview")}</button>
<button name="do" value="code">${say("compose.as-code")}</button></p>
</form>`;
}

function json({ json, reason }: Extract<ComposeView, { kind: "json" }>): Html {
  return textarea({
    name: "json",
    label: say("compose.json-label"),
    hint: say("compose.json-hint"),
    rows: 22,
    code: true,
    value: json,
    error: reason,
    required: true,
  });
}

function fields({ form, problem, connections }: Extract<ComposeFormOptions, { kind: "form" }>): Html {
  const errors = new Map(
    (problem?.errors ?? []).map(({ pointer, detail }) => [pointer.split("/")[1] ?? "", `${detail}.`]),
  );
  const field = fieldOf(form, errors);
  const isOpen = ["cc", "bcc", "replyTo"].some((name) => form.text(name) !== "" || errors.has(name));
  const [from, , ...others] = ADDRESS_FIELDS;
  const chosen = form.text("connection");
  const names = chosen === "" || connections.includes(chosen) ? connections : [chosen, ...connections];
  return html`<div class="halves">
${select({
  name: "connection",
  label: say("compose.connection"),
  value: chosen,
  choices: [
    { value: "", label: say("compose.connection-default") },
    ...names.map((name) => ({ value: name, label: name })),
  ],
  error: errors.get("connection"),
  required: true,
})}
${field(from, { label: say("compose.from"), hint: say("compose.from-hint") })}</div>
${textarea({ name: "to", label: say("compose.to"), hint: say("compose.to-hint"), rows: 2, value: form.exact("to"), error: errors.get("to"), required: true })}
<details${isOpen ? html` open` : NOTHING}><summary>${say("compose.more-recipients")}</summary>
${others.map((name) => field(name, { label: say(`compose.${name === "replyTo" ? "reply-to" : name}`) }))}</details>
${field("subject", { label: say("compose.subject") })}
${textarea({ name: "text", label: say("compose.text"), rows: 8, value: form.exact("text"), error: errors.get("text") })}
${textarea({ name: "html", label: say("compose.html"), hint: say("compose.html-hint"), rows: 6, code: true, value: form.exact("html"), error: errors.get("html") })}
<div class="drop"><div class="field"><label for="files">${say("compose.attachments")} <span class="optional">${say("form.optional")}</span></label>
<input type="file" id="files" name="files" multiple aria-describedby="files-hint"><small id="files-hint">${say("compose.attachments-hint")}</small></div></div>
${kept(form)}
<input type="hidden" name="rest" value="${form.exact("rest")}">`;
}

/** Files cannot be put back into their field; they travel in the form instead, so that none has to be chosen twice. */
function kept(form: Form): Html {
  const attachments = form.all("attachment");
  if (attachments.length === 0) return NOTHING;
  return html`<fieldset><legend>${say("compose.kept")}</legend>${attachments.map(
    (attachment, index) =>
      html`<input type="hidden" name="attachment" value="${attachment}">${tick({
        name: "keep",
        value: String(index),
        label: say("compose.keep", describeAttachment(attachment)),
        ticked: form.all("keep").includes(String(index)),
      })}`,
  )}</fieldset>`;
}
