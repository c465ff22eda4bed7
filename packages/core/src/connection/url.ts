import type { Issue, MailError } from "../errors.ts";
import { inputError } from "../errors.ts";

type Value = string | number | boolean;
type Kind = "text" | "flag" | "count";

/** The query parameters of a connection URL: where each goes in the object form, and how it is written. */
const PARAMETERS: Readonly<Record<string, readonly [section: "" | "tls" | "timeouts" | "pool", kind: Kind]>> = {
  security: ["", "text"],
  clientName: ["", "text"],
  allowClearText: ["", "flag"],
  allowPort25: ["", "flag"],
  serverName: ["tls", "text"],
  rejectUnauthorized: ["tls", "flag"],
  minVersion: ["tls", "text"],
  connectMs: ["timeouts", "count"],
  replyMs: ["timeouts", "count"],
  progressMs: ["timeouts", "count"],
  finalMs: ["timeouts", "count"],
  totalMs: ["timeouts", "count"],
  maxConnections: ["pool", "count"],
  maxMessages: ["pool", "count"],
  idleMs: ["pool", "count"],
};

const SHAPE = "write smtp://user:password@host:587 or smtps://user:password@host";

/**
 * Turns a URL into the object form, whose rules then apply. Nothing of the URL is quoted but the names of query
 * parameters: a password with an unescaped `/`, `?` or `#` ends up in any of its parts.
 *
 * @throws MailError `invalid-connection` when it cannot be taken apart.
 */
export function readConnectionUrl(text: string, issues: Issue[]): Record<string, unknown> {
  const url = parseUrl(text);
  const connection: Record<string, unknown> = readQuery(url.searchParams, issues);
  connection.host = decode(url.hostname, "host", issues);
  if (url.port !== "") connection.port = Number(url.port);
  if (url.username !== "" || url.password !== "") {
    connection.auth = {
      ...(url.username !== "" && { username: decode(url.username, "auth.username", issues) }),
      ...(url.password !== "" && { password: decode(url.password, "auth.password", issues) }),
    };
  }
  if (url.protocol === "smtps:") {
    if ((connection.security ?? "implicit") !== "implicit") {
      issues.push({ path: "security", message: 'smtps:// means "implicit"; use smtp:// for STARTTLS' });
    }
    connection.security = "implicit";
  }
  return connection;
}

function parseUrl(text: string): URL {
  // The URL parser would drop line breaks and tabs in silence.
  if (/[\s\x00-\x1f\x7f]/.test(text)) throw refused("a connection URL has no white space or control characters");
  if (!/^smtps?:\/\//i.test(text)) throw refused(`a connection URL begins with smtp:// or smtps://: ${SHAPE}`);
  const url = toUrl(text);
  if (/@/.test(url.pathname + url.search + url.hash)) {
    throw refused('an "@" stands behind the host: percent-encode / ? # and @ in user and password');
  }
  if (url.pathname !== "" && url.pathname !== "/") throw refused("a connection URL has no path behind the host");
  if (url.hash !== "") throw refused('a connection URL has no fragment; a "#" in user or password is written %23');
  return url;
}

function toUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // The platform's error quotes the URL, password and all: it is not even kept as the cause.
    throw refused(`this is not a URL: ${SHAPE}, with special characters of user and password percent-encoded`);
  }
}

function refused(message: string): MailError {
  return inputError("invalid-connection", [{ path: "", message }]);
}

function readQuery(query: URLSearchParams, issues: Issue[]): Record<string, unknown> {
  const connection: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (parameter === undefined) {
      const known = Object.keys(PARAMETERS).join(", ");
      issues.push({ path: name, message: `is not a parameter of a connection URL; there are ${known}` });
      continue;
    }
    const [section, kind] = parameter;
    const values = query.getAll(name);
    if (values.length > 1) issues.push({ path: name, message: "is given twice in the URL" });
    const value = readValue(values[0] ?? "", kind);
    if (section === "") connection[name] = value;
    else connection[section] = { ...(connection[section] as object | undefined), [name]: value };
  }
  return connection;
}

/** What is not written as it should be stays text, and is refused by the rules of the object form. */
function readValue(text: string, kind: Kind): Value {
  if (kind === "flag" && (text === "true" || text === "false")) return text === "true";
  if (kind === "count" && /^\d{1,15}$/.test(text)) return Number(text);
  return text;
}

function decode(text: string, path: string, issues: Issue[]): string {
  try {
    return decodeURIComponent(text);
  } catch {
    issues.push({ path, message: 'is not percent-encoded right; a "%" itself is written %25' });
    return text;
  }
}
