import { SECRETS } from "./credentials.ts";

/** Every way a secret may be written, and the secret. */
const FORMS: ReadonlyMap<string, string> = new Map(
  SECRETS.flatMap((secret) => formsOf(secret).map((form) => [form, secret])),
);

/** The secrets that stand in a text: as they are, percent-encoded, or anywhere inside base64. */
export function secretsIn(text: string): readonly string[] {
  const found = new Set<string>();
  for (const [form, secret] of FORMS) if (text.includes(form)) found.add(secret);
  return [...found];
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

function formsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const inBase64 = [0, 1, 2].map((offset) => coreOfBase64(bytes, offset));
  const octets = latin1(bytes);
  return [...new Set([secret, octets, encodeURIComponent(secret), ...inBase64, ...inBase64.map(toBase64Url)])];
}

/** What base64 says for certain of these bytes when they begin at this offset of a group of three. */
function coreOfBase64(bytes: Uint8Array, offset: number): string {
  const text = btoa("\0".repeat(offset) + latin1(bytes));
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

function toBase64Url(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => String.fromCharCode(octet)).join("");
}
