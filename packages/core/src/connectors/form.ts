import { parseConnection, type SmtpConnection } from "../connection.ts";
import { type Issue, inputError, isMailError } from "../errors.ts";
import { parseAddresses } from "../message/address.ts";
import type { AddressInput } from "../message/input.ts";
import { isRecord } from "../util/fields.ts";
import { nearestName } from "../util/nearest-name.ts";
import { quoteForMessage } from "../util/safe-text.ts";

/** Unknown fields told of: a form of a million of them is no more work than one of twenty. */
const MAX_UNKNOWN = 20;

/** The keys of a platform's form, each with the labels its documentation gives it. */
export type Labels<Key extends string> = Readonly<Record<Key, readonly string[]>>;

/**
 * A filled-in form of another platform. Fields are found by key or label, letter case, spaces and punctuation aside; one
 * left empty is one not given. What is wrong is noted under the name the user wrote, and thrown all at once at the end.
 */
export class Form<Key extends string> {
  readonly #code: "invalid-connection" | "invalid-message";
  readonly #issues: Issue[] = [];
  readonly #fields = new Map<Key, { readonly name: string; readonly value: unknown }>();

  constructor(code: "invalid-connection" | "invalid-message", input: unknown, labels: Labels<Key>) {
    this.#code = code;
    if (!isRecord(input)) {
      throw inputError(code, [{ path: "", message: "must be an object with the fields of the form" }]);
    }
    const keys = new Map<string, Key>();
    for (const key of Object.keys(labels) as Key[]) {
      for (const name of [key, ...labels[key]]) keys.set(plain(name), key);
    }
    for (const [name, value] of Object.entries(input)) this.#put(keys.get(plain(name)), name, value, labels);
  }

  #put(key: Key | undefined, name: string, value: unknown, labels: Labels<Key>): void {
    if (value === undefined || value === null || value === "") return;
    const path = /^[\w ()/'-]{1,80}$/.test(name) ? name : quoteForMessage(name);
    if (key !== undefined && !this.#fields.has(key)) {
      this.#fields.set(key, { name: path, value });
    } else if (this.#issues.length < MAX_UNKNOWN) {
      const message = key === undefined ? describeUnknown(name, labels) : `is the same field as "${this.nameOf(key)}"`;
      this.#issues.push({ path, message });
    }
  }

  /** The name of a field as the user wrote it; its key where it was left out. */
  nameOf(key: Key): string {
    return this.#fields.get(key)?.name ?? key;
  }

  has(key: Key): boolean {
    return this.#fields.has(key);
  }

  value(key: Key): unknown {
    return this.#fields.get(key)?.value;
  }

  /** @param value What was made of the field, where it is not what the user wrote. */
  text(key: Key, value: unknown = this.value(key)): string | undefined {
    if (value === undefined || typeof value === "string") return value;
    this.refuse(key, "must be text");
    return undefined;
  }

  /** A number, or the text of one, as forms give it. */
  port(key: Key): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const port = typeof value === "string" && /^\s*\d{1,5}\s*$/.test(value) ? Number(value) : value;
    if (typeof port === "number") return port;
    this.refuse(key, "must be a port number");
    return undefined;
  }

  /** A switch: true, false, or the text of one. */
  flag(key: Key, fallback: boolean): boolean {
    const value = this.value(key) ?? fallback;
    if (value === true || value === "true") return true;
    if (value !== false && value !== "false") this.refuse(key, "must be true or false");
    return false;
  }

  /** Credentials: both or neither. */
  credentials(username: Key, password: Key): { username: string; password: string } | undefined {
    if (!this.has(username) && !this.has(password)) return undefined;
    this.require(username, password);
    return { username: this.text(username) ?? "", password: this.text(password) ?? "" };
  }

  /** An array, or the JSON of one. */
  list(key: Key): readonly unknown[] {
    const value = this.value(key) ?? [];
    const list = typeof value === "string" ? parseJson(value) : value;
    if (Array.isArray(list)) return list;
    this.refuse(key, "must be an array, or the JSON of one");
    return [];
  }

  addresses(key: Key, value: unknown = this.value(key)): AddressInput | undefined {
    if (value === undefined) return undefined;
    const issues: Issue[] = [];
    parseAddresses(value, this.nameOf(key), issues);
    if (!this.#isNoted(key)) this.#issues.push(...issues);
    // Just checked to be one.
    return value as AddressInput;
  }

  require(...keys: Key[]): void {
    for (const key of keys) if (!this.has(key)) this.refuse(key, "is missing");
  }

  /** Notes an issue; of one field the first says enough. */
  refuse(key: Key, message: string): void {
    if (!this.#isNoted(key)) this.#issues.push({ path: this.nameOf(key), message });
  }

  #isNoted(key: Key): boolean {
    const name = this.nameOf(key);
    return this.#issues.some(({ path }) => path === name || path.startsWith(`${name}[`));
  }

  /** What was made of the form, unless something is wrong with it. */
  end<Result>(result: Result): Result {
    if (this.#issues.length > 0) throw inputError(this.#code, this.#issues);
    return result;
  }

  /** A connection, checked as it will be before it is used, so that those issues too carry the names of this form. */
  endConnection(connection: SmtpConnection, keys: Readonly<Record<string, Key>>): SmtpConnection {
    try {
      parseConnection(connection);
    } catch (error) {
      if (!isMailError(error)) throw error;
      for (const { path, message } of error.issues ?? []) {
        const key = keys[path.replace(/\[.*/, "")];
        if (key === undefined) this.#issues.push({ path, message });
        else this.refuse(key, message);
      }
    }
    return this.end(connection);
  }
}

function describeUnknown(name: string, labels: Labels<string>): string {
  const nearest = nearestName(name, Object.keys(labels));
  return `is not a field of this form${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
