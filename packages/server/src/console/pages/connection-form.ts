import { PROVIDERS, type Provider } from "../../connections/providers.ts";
import type { ProblemDetails } from "../../http/problem.ts";
import { adviceFor } from "../advice.ts";
import { fieldAt } from "../connection-fields.ts";
import { fieldOf, problemNote, radios, textarea, tick } from "../fields.ts";
import type { Form } from "../form.ts";
import { type Html, html, link, NOTHING } from "../html.ts";
import { tokenField } from "../layout.ts";
import type { Session } from "../session.ts";
import { say } from "../texts.ts";

export interface ConnectionFormOptions {
  readonly session: Session;
  readonly form: Form;
  /** The page that takes it. */
  readonly action: string;
  /** Its name is a field, where it is new. */
  readonly isNew: boolean;
  readonly provider?: Provider | undefined;
  readonly problem?: ProblemDetails | undefined;
  /** What stands below the password. */
  readonly passwordHint: string;
}

/** Every field of a connection, what is needed first. */
export function connectionForm(options: ConnectionFormOptions): Html {
  const { session, form, action, isNew, provider, problem, passwordHint } = options;
  const errors = new Map((problem?.errors ?? []).map(({ pointer, detail }) => [fieldAt(pointer), `${detail}.`]));
  const field = fieldOf(form, errors);
  const isTicked = (name: string) => form.text(name) === "yes";
  const isOpen = ["serverName", "ca", "unchecked"].some((name) => form.text(name) !== "" || errors.has(name));

  return html`${problem === undefined ? NOTHING : problemNote(problem, adviceFor(problem))}
<form method="post" action="${action}" enctype="multipart/form-data" data-busy="${say("form.busy")}">
${tokenField(session)}
<input type="hidden" name="provider" value="${provider?.id ?? ""}">
<div class="columns"><div>
<section class="card"><h2>${say("connection.server")}</h2>
${isNew ? field("name", { label: say("connection.name"), hint: say("connection.name-hint"), required: true }) : NOTHING}
<div class="pair">${field("host", { label: say("connection.host"), hint: say("connection.host-hint"), required: true })}
${field("port", { label: say("connection.port"), type: "number", required: true })}</div>
<p><small>${say("connection.port-hint")}</small></p>
${radios({
  name: "security",
  label: say("connection.security"),
  value: form.text("security"),
  choices: (["starttls", "implicit", "opportunistic", "none"] as const).map((value) => ({
    value,
    label: say(`connection.security-${value}`),
    hint: say(`connection.security-${value}-hint`),
  })),
})}
</section>
</div><div>
<section class="card"><h2>${say("connection.login")}</h2>
${provider === undefined ? NOTHING : html`<p class="note calm">${provider.name}: ${provider.hint}</p>`}
${field("username", { label: say("connection.username"), hint: say("connection.username-hint") })}
${field("password", { label: say("connection.password"), hint: passwordHint, type: "password", autocomplete: "new-password" })}
</section>
<section class="card"><h2>${say("connection.defaults")}</h2>
${field("from", { label: say("connection.from"), hint: say("connection.from-hint") })}
${tick({ name: "fixedFrom", label: say("connection.fixed-from"), hint: say("connection.fixed-from-hint"), ticked: isTicked("fixedFrom") })}
${field("replyTo", { label: say("connection.reply-to") })}
${textarea({ name: "allowedFrom", label: say("connection.allowed-from"), hint: say("connection.allowed-from-hint"), rows: 2, value: form.exact("allowedFrom"), error: errors.get("allowedFrom") })}
${tick({ name: "system", label: say("connection.system"), hint: say("connection.system-hint"), ticked: isTicked("system") })}
</section>
</div></div>
<details class="card"${isOpen ? html` open` : NOTHING}><summary>${say("connection.more")}</summary>
${field("serverName", { label: say("connection.server-name"), hint: say("connection.server-name-hint") })}
${textarea({ name: "ca", label: say("connection.ca"), hint: say("connection.ca-hint"), rows: 4, code: true, value: form.exact("ca"), error: errors.get("ca") })}
${tick({ name: "unchecked", label: say("connection.unchecked"), hint: say("connection.unchecked-hint"), ticked: isTicked("unchecked") })}
</details>
<p class="actions"><button class="main" name="do" value="save">${say("connection.save")}</button>
${isNew ? html`<button name="do" value="test">${say("connection.test-first")}</button>` : NOTHING}</p>
</form>`;
}

/** Well-known services, each a link to the form with its settings filled in. */
export function providerChoice(current: Provider | undefined): Html {
  const choice = (name: string, id: string | undefined) =>
    html`<li><a href="${link("connection-new", { provider: id })}"${current?.id === id ? html` aria-current="true"` : NOTHING}>${name}</a></li>`;
  return html`<section class="card" aria-labelledby="providers"><h2 id="providers">${say("connection.provider")}</h2>
<p class="faint">${say("connection.provider-about")}</p>
<ul class="choices">${choice(say("connection.provider-other"), undefined)}${PROVIDERS.map(({ id, name }) => choice(name, id))}</ul></section>`;
}
