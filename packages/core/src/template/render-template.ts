import type { Issue } from "../errors.ts";
import { inputError } from "../errors.ts";
import type { MessageInput } from "../message/input.ts";
import { isRecord } from "../util/fields.ts";
import { bindAddresses } from "./addresses.ts";
import { bindAttachments } from "./attachments.ts";
import { Binder } from "./binder.ts";
import { inHtml, inLine, inText, inUnsubscribe } from "./fit.ts";

/** How strict binding is. */
export interface TemplateOptions {
  /** What a keyword without a value is: an issue, or nothing at all. `null` is no value. Default: `issue`. */
  readonly missing?: "issue" | "empty" | undefined;
}

/**
 * Binds variables into the `{{keywords}}` of a message, by mustache's rules: `{{name}}`, `{{a.b}}`, `{{#list}}…{{/list}}`,
 * `{{^list}}…{{/list}}`. Returns a new message without `variables`; nothing is changed in the one that was given.
 *
 * - `html` and `amp`: values are escaped, and written as they are by `{{{name}}}`. `text`: as they are.
 * - Subject, headers, names and ids: a value with a line break is an issue. URLs: values behind the beginning are
 *   percent-encoded.
 * - Addresses: a keyword inside an address is a part of that one address, whatever its value holds. One that is the
 *   whole text (`to: "{{team}}"`) is an address, a `{ name, address }`, or a list of these.
 * - Attachments: names, contents and URLs; a content that is one keyword alone may be bytes.
 *
 * A section without a value is left out; a keyword without one is an issue. Values are never templates themselves.
 * Only own properties are variables, functions are not called, there are no partials and no changed delimiters.
 *
 * @param variables Go before the message's own `variables`, name by name.
 * @throws MailError `invalid-message` with all issues.
 *
 * @example
 * const template = { to: "{{name}} <{{email}}>", subject: "Invoice {{number}}", html: "<p>Hello {{name}}</p>" };
 * await mailer.send(renderTemplate(template, { name: "Lovelace, Ada", email: "ada@example.com", number: 7 }));
 */
export function renderTemplate(
  message: MessageInput,
  variables: Readonly<Record<string, unknown>> = {},
  options: TemplateOptions = {},
): MessageInput {
  if (!isRecord(message as unknown)) throw inputError("invalid-message", [{ path: "", message: "must be an object" }]);
  const { variables: own = {}, ...template } = message;
  const issues: Issue[] = [];
  if (!isRecord(own) || !isRecord(variables)) issues.push({ path: "variables", message: "must be an object" });
  if (template.raw !== undefined) issues.push({ path: "raw", message: "is a ready message, and takes no variables" });
  const bound = bindMessage(template, new Binder({ ...own, ...variables }, options.missing ?? "issue", issues));
  if (issues.length > 0) throw inputError("invalid-message", issues);
  return bound;
}

function bindMessage(template: MessageInput, binder: Binder): MessageInput {
  const bound = Object.entries(template).map(([name, value]) => {
    return [name, value === undefined ? undefined : bindField(name, value, binder)];
  });
  return Object.fromEntries(bound);
}

/** Fields are bound by what they are; what is wrong with their shape is for `parseMessage` to say. */
function bindField(name: string, value: unknown, binder: Binder): unknown {
  switch (name) {
    case "raw":
      return value;
    case "from":
    case "sender":
    case "replyTo":
    case "to":
    case "cc":
    case "bcc":
      return bindAddresses(value, name, binder);
    case "text":
      return binder.texts(value, name, inText);
    case "html":
    case "amp":
      return binder.texts(value, name, inHtml);
    case "attachments":
      return bindAttachments(value, name, binder);
    case "alternatives":
      return Array.isArray(value)
        ? value.map((one, index) => bindAlternative(one, `${name}[${index}]`, binder))
        : value;
    case "envelope":
      return bindWith(value, name, binder, "to", (to, path) => bindAddresses(to, path, binder));
    case "listUnsubscribe":
      return binder.texts(value, name, inUnsubscribe);
    default:
      return binder.texts(value, name, inLine);
  }
}

function bindAlternative(value: unknown, path: string, binder: Binder): unknown {
  const isMarkup = isRecord(value) && /html\b/i.test(String(value.contentType));
  return bindWith(value, path, binder, "content", (content, at) =>
    binder.texts(content, at, isMarkup ? inHtml : inText),
  );
}

/** Binds an object line by line, but for one field of it that is something else. */
function bindWith(
  value: unknown,
  path: string,
  binder: Binder,
  special: string,
  bind: (value: unknown, path: string) => unknown,
): unknown {
  if (!isRecord(value) || value[special] === undefined) return binder.texts(value, path, inLine);
  const { [special]: one, ...others } = value;
  return { ...binder.texts(others, path, inLine), [special]: bind(one, `${path}.${special}`) };
}
