import { parseConnection } from "@edgepost/core";
import type { StoredConnection } from "../connections/connection-book.ts";
import { PROVIDERS, type Provider } from "../connections/providers.ts";
import { toText } from "./address-text.ts";
import { type Form, startForm } from "./form.ts";

/** What a connection is as the fields of a form, and the way back to the body the API takes. */

/** A new one, of a well-known service or not. */
export function startConnection(provider: Provider | undefined): Form {
  const { host = "", port = 587, security = "starttls", username = "", id = "" } = provider ?? {};
  return startForm({ name: id, host, port: String(port), security, username });
}

/** One that is stored, to be changed. Its secrets are not among the fields. */
export function fillIn({ record, form }: StoredConnection): Form {
  const { connection, allowedFrom = [], fixed = [], system } = form;
  const { host, port, security } = parseConnection(connection);
  const { tls = {}, auth, defaults = {} } = connection;
  return startForm({
    name: record.name,
    host,
    port: String(port),
    security,
    username: auth?.username ?? "",
    from: toText(defaults.from),
    replyTo: toText(defaults.replyTo),
    allowedFrom: allowedFrom.join("\n"),
    serverName: tls.serverName ?? "",
    ca: [tls.ca ?? []].flat().join("\n"),
    ...(fixed.includes("from") && { fixedFrom: "yes" }),
    ...(tls.rejectUnauthorized === false && { unchecked: "yes" }),
    ...(system && { system: "yes" }),
  });
}

/** The body of `POST /v1/connections`. */
export function toConnection(form: Form): Record<string, unknown> {
  return { name: form.text("name"), ...withoutNulls(toPatch(form)) };
}

/** The body of `PATCH /v1/connections/{name}`: a field that was emptied is taken away, a password left empty is kept. */
export function toPatch(form: Form): Record<string, unknown> {
  const username = form.text("username");
  const password = form.exact("password");
  const isTicked = (name: string) => form.text(name) === "yes";
  const allowedFrom = form
    .text("allowedFrom")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "");
  return {
    host: form.text("host"),
    port: toPort(form.text("port")),
    security: form.text("security"),
    auth: username === "" && password === "" ? null : { username, ...(password !== "" && { password }) },
    tls: {
      serverName: orNull(form.text("serverName")),
      ca: orNull(form.text("ca")),
      rejectUnauthorized: isTicked("unchecked") ? false : null,
    },
    defaults: { from: orNull(form.text("from")), replyTo: orNull(form.text("replyTo")) },
    allowedFrom: allowedFrom.length === 0 ? null : allowedFrom,
    fixed: isTicked("fixedFrom") ? ["from"] : null,
    system: isTicked("system"),
  };
}

/** Which field is meant by a pointer into that body. */
export function fieldAt(pointer: string): string {
  const [first = "", second = ""] = pointer.slice(1).split("/");
  if (first === "tls" && second === "rejectUnauthorized") return "unchecked";
  if (first === "fixed") return "fixedFrom";
  return ["auth", "tls", "defaults"].includes(first) && second !== "" ? second : first === "auth" ? "username" : first;
}

export function findProvider(id: string | undefined): Provider | undefined {
  return PROVIDERS.find((provider) => provider.id === id);
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}

/** What is no number is left as it was typed, for the API to say what it wants instead. */
function toPort(text: string): number | string {
  return /^\d{1,5}$/.test(text) ? Number(text) : text;
}

/** Also inside, and what is empty then. */
function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(fields).map(
    ([name, value]) => [name, isRecord(value) ? withoutNulls(value) : value] as const,
  );
  return Object.fromEntries(
    kept.filter(([, value]) => value !== null && !(isRecord(value) && Object.keys(value).length === 0)),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
