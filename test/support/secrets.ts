import { CANARY } from "./credentials.ts";

/** Every way in which a secret may be written, and what that shows of it: one word, wherever the rest is cut. */
const FORMS: ReadonlyMap<string, string> = formsOf(CANARY);

/** The longest of them: what was kept of one chunk finds a secret that goes on in the next. */
export const LONGEST_FORM = Math.max(...[...FORMS.keys()].map((form) => form.length));

/** How much of what stands before a secret is told, to find the place. */
const TOLD_BEFORE = 40;

/**
 * The secrets in a text, as they are (in JSON, URLs and quoted-printable too, which leave letters alone), anywhere inside
 * base64 or in hexadecimal. Each with what stands before it, and without itself: this goes into a report.
 */
export function secretsIn(text: string): readonly string[] {
  const found: string[] = [];
  for (const [form, name] of FORMS) {
    const at = text.indexOf(form);
    if (at !== -1) found.push(`${text.slice(Math.max(0, at - TOLD_BEFORE), at)}<${name}>`);
  }
  return found;
}

/** Everything an error can tell: message, stack, fields, JSON, and the same of its causes. */
export function textOf(value: unknown, seen: Set<unknown> = new Set()): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || seen.has(value)) return String(value);
  seen.add(value);
  if (value instanceof Uint8Array) return latin1(value);
  const fields = Object.getOwnPropertyNames(value).map((name) => textOf(Reflect.get(value, name), seen));
  return [...fields, value instanceof Error ? String(value) : ""].join("\n");
}

function formsOf(word: string): ReadonlyMap<string, string> {
  const bytes = new TextEncoder().encode(word);
  const hex = Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
  const inBase64 = [0, 1, 2].map((offset) => coreOfBase64(bytes, offset));
  return new Map([
    [word, "a secret"],
    ...inBase64.map((form) => [form, "a secret in base64"] as const),
    ...[hex, hex.toUpperCase()].map((form) => [form, "a secret in hexadecimal"] as const),
  ]);
}

/** What base64 says for certain of these bytes when they begin at this offset of a group of three. */
function coreOfBase64(bytes: Uint8Array, offset: number): string {
  const text = btoa("\0".repeat(offset) + latin1(bytes));
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => String.fromCharCode(octet)).join("");
}
