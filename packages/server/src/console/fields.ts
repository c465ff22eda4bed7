import type { SmtpReply } from "@edgepost/core";
import type { ProblemDetails } from "../http/problem.ts";
import type { Form } from "./form.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { say } from "./texts.ts";

/** What every field of a form may have. */
export interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly required?: boolean;
  readonly error?: string | undefined;
}

export interface InputOptions extends FieldOptions {
  readonly value?: string | undefined;
  readonly type?: "text" | "password" | "number" | "email" | "search" | "date";
  readonly autocomplete?: string;
  readonly placeholder?: string;
  readonly spellcheck?: boolean;
}

export function input({ type = "text", value = "", autocomplete = "off", placeholder, ...field }: InputOptions): Html {
  return wrap(
    field,
    html`<input id="${field.name}" name="${field.name}" type="${type}" value="${value}" autocomplete="${autocomplete}" spellcheck="false"${
      placeholder === undefined ? NOTHING : html` placeholder="${placeholder}"`
    }${field.required ? html` required` : NOTHING}${aria(field)}>`,
  );
}

export function textarea({
  value = "",
  rows = 4,
  code = false,
  ...field
}: FieldOptions & { readonly value?: string; readonly rows?: number; readonly code?: boolean }): Html {
  // The parser takes away one line break after the tag, and so one of the text's own.
  return wrap(
    field,
    html`<textarea id="${field.name}" name="${field.name}" rows="${rows}"${code ? html` class="code" spellcheck="false"` : NOTHING}${aria(field)}>
${value}</textarea>`,
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function select({
  value = "",
  choices,
  ...field
}: FieldOptions & { readonly value?: string | undefined; readonly choices: readonly Choice[] }): Html {
  return wrap(
    field,
    html`<select id="${field.name}" name="${field.name}"${aria(field)}>${choices.map(
      (choice) =>
        html`<option value="${choice.value}"${choice.value === value ? html` selected` : NOTHING}>${choice.label}</option>`,
    )}</select>`,
  );
}

export interface TickOptions {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: string;
  readonly ticked: boolean;
}

/** A checkbox with its words beside it. */
export function tick({ name, label, value = "yes", hint, ticked }: TickOptions): Html {
  const id = value === "yes" ? name : `${name}-${value}`;
  return html`<div class="tick"><input type="checkbox" id="${id}" name="${name}" value="${value}"${ticked ? html` checked` : NOTHING}${
    hint === undefined ? NOTHING : html` aria-describedby="${id}-hint"`
  }><label for="${id}">${label}</label>${hint === undefined ? NOTHING : html`<small id="${id}-hint">${hint}</small>`}</div>`;
}

/** The same question with a sentence for each answer. */
export function radios({
  name,
  label,
  value,
  choices,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (Choice & { readonly hint: string })[];
}): Html {
  return html`<fieldset class="radios"><legend>${label}</legend>${choices.map((choice) => {
    const id = `${name}-${choice.value}`;
    return html`<div class="tick"><input type="radio" id="${id}" name="${name}" value="${choice.value}" aria-describedby="${id}-hint"${
      choice.value === value ? html` checked` : NOTHING
    }><label for="${id}">${choice.label}</label><small id="${id}-hint">${choice.hint}</small></div>`;
  })}</fieldset>`;
}

/** What went wrong, above the form it went wrong with, and announced. */
export function problemNote(
  { title, detail, errors = [], rejected = [], reply }: ProblemDetails,
  advice?: string,
): Html {
  const isTold = errors.length > 0;
  return html`<div class="note bad" role="alert" id="problem" tabindex="-1">
<p><strong>${title}.</strong>${isTold ? NOTHING : html` ${detail}`}</p>
${isTold ? html`<ul>${errors.map((error) => html`<li>${error.pointer === "" ? NOTHING : html`<code>${error.pointer.slice(1)}</code> `}${error.detail}</li>`)}</ul>` : NOTHING}
${rejected.length > 0 ? html`<ul>${rejected.map((refusal) => html`<li>${refusal.address}: ${said(refusal.reply)}</li>`)}</ul>` : NOTHING}
${reply !== undefined && rejected.length === 0 ? html`<p>${say("test.reply")} ${said(reply)}</p>` : NOTHING}
${advice === undefined ? NOTHING : html`<p>${advice}</p>`}
</div>`;
}

/** What a mail server said, as it said it. */
export function said({ code, enhancedCode, text }: SmtpReply): Html {
  return html`<code>${[code, enhancedCode, text].filter((part) => part !== undefined).join(" ")}</code>`;
}

/** A text field that keeps what was typed and shows what is wrong with it. */
export function fieldOf(
  form: Form,
  errors: Errors,
): (name: string, options: Omit<InputOptions, "name" | "value">) => Html {
  return (name, options) => input({ ...options, name, value: form.exact(name), error: errors.get(name) });
}

/** What is wrong, by the name of the field. */
export type Errors = ReadonlyMap<string, string>;

function wrap({ name, label, hint, error, required }: FieldOptions, control: Html): Html {
  return html`<div class="field${error === undefined ? "" : " wrong"}"><label for="${name}">${label}${
    required === true ? NOTHING : html` <span class="optional">${say("form.optional")}</span>`
  }</label>${control}${error === undefined ? NOTHING : html`<p class="error" id="${name}-error">${error}</p>`}${
    hint === undefined ? NOTHING : html`<small id="${name}-hint">${hint}</small>`
  }</div>`;
}

function aria({ name, hint, error }: FieldOptions): Html {
  const described = [
    ...(error === undefined ? [] : [`${name}-error`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ];
  return html`${error === undefined ? NOTHING : html` aria-invalid="true"`}${
    described.length === 0 ? NOTHING : html` aria-describedby="${described.join(" ")}"`
  }`;
}
