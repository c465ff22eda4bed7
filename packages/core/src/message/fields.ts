import type { Issue } from "../errors.ts";
import { quoteForMessage } from "../util/safe-text.ts";

/**
 * Reads the fields of an object once each, into an object without a prototype: getters run once, inherited values (a
 * polluted prototype) are not seen, a key such as `__proto__` is a key. Unknown fields are issues, because a field that
 * is not read is mail that says something else than its author thinks.
 */
export function readFields<Name extends string>(
  input: unknown,
  names: readonly Name[],
  path: string,
  issues: Issue[],
): { readonly [K in Name]?: unknown } | undefined {
  if (!isRecord(input)) {
    issues.push({ path, message: `expected an object, not ${describe(input)}` });
    return undefined;
  }
  const fields: { [K in Name]?: unknown } = Object.create(null);
  for (const key of Object.keys(input)) {
    const name = names.find((known) => known === key);
    if (name !== undefined) fields[name] = input[key];
    else issues.push({ path: join(path, key), message: "unknown field" });
  }
  return fields;
}

/** An object of fields, and not an array, a stream, a promise or a class of the runtime. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** What a value is, for "expected a string, not …". */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value !== "object") return value === null ? "null" : `a ${typeof value}`;
  return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
}

/** `to[2]` and `address` are `to[2].address`; a key that is no plain word is quoted: `headers["X\r\nBcc"]`. */
export function join(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${quoteForMessage(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
