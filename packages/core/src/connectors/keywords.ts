import { isRecord } from "../util/fields.ts";

/** `{{name}}`: how DronaHQ writes the value of a control, a variable or an earlier query into a field. */
const KEYWORD = /\{\{\s*([^{}]+?)\s*\}\}/g;
const ONLY_A_KEYWORD = /^\s*\{\{\s*([^{}]+?)\s*\}\}\s*$/;

/** Values by name; a dot leads into an object: `{{query.email}}`. */
export type Keywords = Readonly<Record<string, unknown>>;

export interface KeywordRules {
  readonly keywords: Keywords;
  /** Fits a value into the text around it; `undefined` when it cannot stand there. */
  fit(text: string): string | undefined;
  refuse(issue: string): void;
}

/**
 * Puts values in the place of keywords, in lists and objects too. A text that is one keyword becomes its value, whatever
 * that is: a list, an object, a file. Inside other text only text, numbers and booleans can stand.
 */
export function bindKeywords(field: unknown, rules: KeywordRules): unknown {
  if (Array.isArray(field)) return field.map((entry) => bindKeywords(entry, rules));
  if (isRecord(field)) {
    // Each entry of an object stands for itself: nothing around it has to be kept apart from it.
    const alone = { ...rules, fit: (text: string) => text };
    return Object.fromEntries(Object.entries(field).map(([name, value]) => [name, bindKeywords(value, alone)]));
  }
  if (typeof field !== "string") return field;
  const [, only] = ONLY_A_KEYWORD.exec(field) ?? [];
  if (only !== undefined) return find(only, rules);
  return field.replace(KEYWORD, (_, name: string) => bindInText(name, rules));
}

function bindInText(name: string, rules: KeywordRules): string {
  const value = find(name, rules);
  if (value === undefined) return "";
  const isText = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const text = isText ? rules.fit(String(value)) : undefined;
  if (text === undefined) rules.refuse(`uses {{${name}}}, whose value cannot stand inside other text here`);
  return text ?? "";
}

function find(name: string, { keywords, refuse }: KeywordRules): unknown {
  const value = Object.hasOwn(keywords, name) ? keywords[name] : name.split(".").reduce(step, keywords);
  if (value === undefined) refuse(`uses {{${name}}}, which has no value`);
  return value;
}

/** Own properties only: `{{constructor.name}}` is no keyword. */
function step(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
