import type { Issue } from "../errors.ts";
import { nearestName } from "./nearest-name.ts";
import { quoteForMessage } from "./safe-text.ts";

/** Unknown fields told of, each compared with every known one: an object of a million keys is no more work. */
const MAX_UNKNOWN = 20;

/**
 * Reads one object of an input field by field, and notes what is wrong instead of stopping at the first thing.
 *
 * A wrong field reads as its fallback, so that the rules behind it find the next issue too. No value is ever quoted in a
 * message, since any of them may be a secret in the wrong place.
 */
export class Fields<Shape extends object> {
  readonly #values: Readonly<Record<string, unknown>> = Object.create(null);
  readonly #path: string;
  readonly #issues: Issue[];
  readonly #asked = new Set<string>();
  readonly #isObject: boolean;

  constructor(input: unknown, path: string, issues: Issue[]) {
    this.#path = path;
    this.#issues = issues;
    this.#isObject = isRecord(input);
    if (!this.#isObject) issues.push({ path, message: "must be an object" });
    try {
      // Each own value once: a getter cannot answer twice, and what a polluted prototype offers is not asked for.
      Object.assign(this.#values, this.#isObject ? input : undefined);
    } catch {
      // What a getter throws is not ours to tell.
      issues.push({ path, message: "has a field that cannot be read" });
    }
  }

  /** The value as it was written, whatever it is. */
  raw(name: keyof Shape & string): unknown {
    this.#asked.add(name);
    return this.#values[name];
  }

  has(name: keyof Shape & string): boolean {
    return this.raw(name) !== undefined;
  }

  /** Text for a protocol line or a credential: not empty, no control character. */
  text(name: keyof Shape & string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const wrong = textFault(value);
    if (wrong === undefined) return value as string;
    this.refuse(name, wrong);
    return undefined;
  }

  flag(name: keyof Shape & string, fallback: boolean): boolean {
    const value = this.raw(name);
    if (value === undefined || typeof value === "boolean") return value ?? fallback;
    this.refuse(name, "must be true or false");
    return fallback;
  }

  /** A whole number from 1. There is no 0 for "endless": every wait and every pool has an end. */
  count(name: keyof Shape & string, fallback: number, largest: number): number {
    const value = this.raw(name);
    if (value === undefined) return fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= largest) return value;
    this.refuse(name, `must be a whole number from 1 to ${largest}`);
    return fallback;
  }

  choice<Choice extends string>(name: keyof Shape & string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.raw(name);
    if (value === undefined) return fallback;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) this.refuse(name, `must be one of ${choices.map((choice) => `"${choice}"`).join(", ")}`);
    return chosen ?? fallback;
  }

  /** An object inside this one; its issues carry the longer path. Left out, it reads as empty. */
  section<Name extends keyof Shape & string>(name: Name): Fields<NonNullable<Shape[Name]> & object> {
    const value = this.raw(name);
    return new Fields(value === undefined ? {} : value, this.pathOf(name), this.#issues);
  }

  /** Notes an issue. Of something that is no object at all, that one issue says enough. */
  refuse(name: keyof Shape & string, message: string): void {
    if (this.#isObject) this.#issues.push({ path: this.pathOf(name), message });
  }

  /** Call it last: what nobody asked for is unknown. `elsewhere` says where words of other libraries went. */
  refuseOthers(elsewhere: Readonly<Record<string, string>> = {}): void {
    const names = Object.keys(this.#values);
    for (const name of names.slice(0, this.#asked.size + MAX_UNKNOWN)) {
      if (this.#asked.has(name) || this.#values[name] === undefined) continue;
      const hint = Object.hasOwn(elsewhere, name) ? elsewhere[name] : quoted(nearestName(name, [...this.#asked]));
      this.#issues.push({
        path: this.pathOf(name),
        message: `is not a known field${hint ? `; did you mean ${hint}?` : ""}`,
      });
    }
  }

  /** The path of a field, for issues found elsewhere. A name that is no plain word is quoted: `headers["X\r\nBcc"]`. */
  pathOf(name: string): string {
    return joinPath(this.#path, name);
  }
}

/** `to[2]` and `address` are `to[2].address`. */
export function joinPath(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}[${quoteForMessage(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** An object of fields, and not an array, a stream, a promise or another class of the runtime. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** What a record or map of the caller holds under its names, or `undefined` when it is neither. */
export function entriesOf(input: unknown): [name: string, value: unknown][] | undefined {
  const entries = input instanceof Map ? [...input] : isRecord(input) ? Object.entries(input) : undefined;
  return entries?.every(([name]) => typeof name === "string") ? entries : undefined;
}

/** What keeps a value from being text that may stand in a protocol line, or `undefined` when nothing does. */
export function textFault(value: unknown): string | undefined {
  if (typeof value !== "string") return "must be a string";
  if (value === "") return "must not be empty";
  if (/[\x00-\x1f\x7f]/.test(value)) return "must not contain line breaks or control characters";
  return undefined;
}

function quoted(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `"${name}"`;
}
