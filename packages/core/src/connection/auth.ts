import type { AccessToken, AuthMethod, SmtpAuth } from "../connection.ts";
import type { Fields } from "../util/fields.ts";
import { textFault } from "../util/fields.ts";

const PASSWORD_METHODS: readonly AuthMethod[] = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"];
const TOKEN_METHODS: readonly AuthMethod[] = ["XOAUTH2", "OAUTHBEARER"];

const ELSEWHERE = { user: '"username"', pass: '"password"', type: '"methods"', token: '"accessToken"' };

/** Credentials are a user with either a password or a token, and methods that can use it. */
export function parseAuth(fields: Fields<SmtpAuth>): SmtpAuth | undefined {
  const username = parseSecret(fields, "username");
  const password = parseSecret(fields, "password");
  const accessToken = parseAccessToken(fields);
  if (!fields.has("username")) fields.refuse("username", "is missing: a password or token needs its user");
  if (fields.has("password") && fields.has("accessToken")) {
    fields.refuse("accessToken", "conflicts with the password; keep one of them");
  } else if (!fields.has("password") && !fields.has("accessToken")) {
    fields.refuse("password", "is missing: give a password or an accessToken; without credentials leave out auth");
  }
  const methods = parseMethods(fields);
  fields.refuseOthers(ELSEWHERE);

  if (username === undefined) return undefined;
  const narrowed = methods === undefined ? {} : { methods };
  if (password !== undefined) return { username, password, ...narrowed };
  return accessToken === undefined ? undefined : { username, accessToken, ...narrowed };
}

/** Control characters are separators in SASL (NUL in PLAIN, ^A in XOAUTH2) and line ends in LOGIN. */
function parseSecret(fields: Fields<SmtpAuth>, name: "username" | "password"): string | undefined {
  const value = fields.raw(name);
  if (value === undefined) return undefined;
  const fault = secretFault(value);
  if (fault === undefined) return value as string;
  fields.refuse(name, fault);
  return undefined;
}

function parseAccessToken(fields: Fields<SmtpAuth>): AccessToken | undefined {
  const value = fields.raw("accessToken");
  if (value === undefined) return undefined;
  if (typeof value === "function") return value as () => string | Promise<string>;
  const fault = typeof value === "string" ? secretFault(value) : "must be a string or a function that returns one";
  if (fault === undefined) return value as string;
  fields.refuse("accessToken", fault);
  return undefined;
}

function secretFault(value: unknown): string | undefined {
  if (typeof value === "string" && /[\r\n]$/.test(value))
    return "ends with a line break, as secrets read from files do: trim it";
  return textFault(value);
}

function parseMethods(fields: Fields<SmtpAuth>): readonly AuthMethod[] | undefined {
  const value = fields.raw("methods");
  if (value === undefined) return undefined;
  const fitting = fields.has("accessToken") ? TOKEN_METHODS : PASSWORD_METHODS;
  const methods = Array.isArray(value) ? fitting.filter((method) => value.includes(method)) : [];
  if (Array.isArray(value) && value.length > 0 && value.every((method) => fitting.includes(method))) return methods;
  const credential = fields.has("accessToken") ? "an access token" : "a password";
  fields.refuse("methods", `must be a list of one or more of ${fitting.join(", ")}, which are those for ${credential}`);
  return undefined;
}
