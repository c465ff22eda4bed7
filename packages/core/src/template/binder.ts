import type { Issue } from "../errors.ts";
import { isRecord, joinPath } from "../util/fields.ts";
import type { Fit } from "./fit.ts";
import type { Token } from "./parse-template.ts";
import { parseTemplate, TemplateFault } from "./parse-template.ts";
import type { Scopes } from "./variables.ts";
import { lookUp } from "./variables.ts";

/** UTF-16 units of what a field becomes: over what servers take, far under what hurts. */
const MAX_RENDERED_LENGTH = 25_000_000;
/** Tokens written, once for each round of their sections: nested lists multiply. */
const MAX_STEPS = 500_000;

/** Enough to repair a template by; each new one is compared with all before. */
const MAX_ISSUES = 100;
/** Objects in objects of a message: no field has more than three. */
const MAX_DEPTH = 5;

/** Binds variables into the fields of a message, and collects what is wrong. */
export class Binder {
  readonly issues: Issue[];
  readonly #variables: unknown;
  readonly #missing: "issue" | "empty";

  constructor(variables: unknown, missing: "issue" | "empty", issues: Issue[]) {
    this.#variables = variables;
    this.#missing = missing;
    this.issues = issues;
  }

  /** Every text in a value, however deep it stands. What is neither text nor holds text stays as it is. */
  texts<Value>(value: Value, path: string, fit: Fit): Value {
    return this.#texts(value, path, fit, 0) as Value;
  }

  /** A template with its keywords bound. */
  text(template: string, path: string, fit: Fit): string {
    const writing = { text: "", steps: 0, path, fit };
    this.attempt(path, () => this.#write(this.parse(template), [this.#variables], writing));
    return writing.text;
  }

  /** @throws TemplateFault */
  parse(template: string): readonly Token[] {
    return template.includes("{{") ? parseTemplate(template) : [{ kind: "text", text: template }];
  }

  /** The value of a keyword, whatever it is. Without one, `undefined` and an issue, unless missing ones are empty. */
  value(name: string, path: string, scopes: Scopes = [this.#variables]): unknown {
    const value = lookUp(name, scopes);
    if (typeof value === "function") this.refuse(path, `{{${name}}} is a function, and templates call nothing`);
    else if (value !== undefined && value !== null) return value;
    else if (this.#missing === "issue") this.refuse(path, `{{${name}}} has no value`);
    return undefined;
  }

  /** The value of a keyword as text that fits; `undefined` when that is an issue. */
  fitted(name: string, path: string, fit: (text: string) => string, scopes?: Scopes): string | undefined {
    const value = this.value(name, path, scopes);
    if (value === undefined) return this.#missing === "empty" ? "" : undefined;
    if (isText(value)) return this.attempt(path, () => fit(String(value)), `{{${name}}} `);
    this.refuse(path, `{{${name}}} is no text: lists, objects and dates are put into words before`);
    return undefined;
  }

  /** Does it, and turns a fault into an issue. */
  attempt<Result>(path: string, work: () => Result, prefix = ""): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      this.refuse(path, prefix + error.message);
      return undefined;
    }
  }

  /** Notes an issue, once: a list of a thousand people without a name is one. */
  refuse(path: string, message: string): void {
    const isKnown = this.issues.some((issue) => issue.path === path && issue.message === message);
    if (!isKnown && this.issues.length < MAX_ISSUES) this.issues.push({ path, message });
  }

  #texts(value: unknown, path: string, fit: Fit, depth: number): unknown {
    if (typeof value === "string") return this.text(value, path, fit);
    if (depth > MAX_DEPTH) return value;
    if (Array.isArray(value)) return value.map((one, index) => this.#texts(one, `${path}[${index}]`, fit, depth + 1));
    const bind = ([name, one]: [string, unknown]) => {
      const at = joinPath(path, name);
      if (name.includes("{{")) this.refuse(at, "is a name: keywords are bound in values alone");
      return [name, this.#texts(one, at, fit, depth + 1)] as const;
    };
    if (value instanceof Map) return new Map(Array.from(value, bind));
    return isRecord(value) ? Object.fromEntries(Object.entries(value).map(bind)) : value;
  }

  #write(tokens: readonly Token[], scopes: Scopes, writing: Writing): void {
    // The round itself counts too: an empty section of a long list is work without a token.
    writing.steps += 1 + tokens.length;
    if (writing.steps > MAX_STEPS) throw new TemplateFault(`takes more than ${MAX_STEPS} steps to write`);
    for (const token of tokens) {
      if (token.kind === "text") writing.text += token.text;
      else if (token.kind === "value") writing.text += this.#fit(token, scopes, writing);
      else for (const view of viewsOf(token, scopes)) this.#write(token.children, [...scopes, view], writing);
      if (writing.text.length > MAX_RENDERED_LENGTH) {
        throw new TemplateFault(`becomes longer than ${MAX_RENDERED_LENGTH} characters`);
      }
    }
  }

  #fit({ name, isRaw }: Token & { kind: "value" }, scopes: Scopes, { path, text, fit }: Writing): string {
    return this.fitted(name, path, (value) => fit(value, { before: text, isRaw }), scopes) ?? "";
  }
}

/** One field while it is written. */
interface Writing {
  readonly path: string;
  readonly fit: Fit;
  text: string;
  steps: number;
}

/** What a section is written for: each element of a list, or the value itself. A name without value means no. */
function viewsOf({ kind, name }: Token & { kind: "section" | "inverted" }, scopes: Scopes): readonly unknown[] {
  const value = lookUp(name, scopes);
  const views = Array.isArray(value) ? value : value && typeof value !== "function" ? [value] : [];
  if (kind === "section") return views;
  return views.length === 0 ? [scopes.at(-1)] : [];
}

function isText(value: unknown): value is string | number | bigint | boolean {
  return typeof value === "string" || typeof value === "boolean" || typeof value === "bigint" || Number.isFinite(value);
}
