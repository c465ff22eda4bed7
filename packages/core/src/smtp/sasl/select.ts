import type { AuthMethod, SmtpAuth } from "../../connection.ts";
import { MailError } from "../../errors.ts";
import { shorten } from "../reply.ts";
import { createCramMd5 } from "./cram-md5.ts";
import type { PasswordAuth, TokenAuth } from "./credentials.ts";
import { createLogin } from "./login.ts";
import type { Mechanism, SelectContext } from "./mechanism.ts";
import { createOauthBearer } from "./oauthbearer.ts";
import { createPlain } from "./plain.ts";
import { createScram } from "./scram.ts";
import { createXoauth2 } from "./xoauth2.ts";

/**
 * Strongest first. SCRAM proves both sides and leaves nothing worth stealing.
 *
 * CRAM-MD5 moves. Under TLS it comes last: it protects the password from nobody TLS does not, makes the server keep it
 * in clear, and is often advertised by servers that cannot check it, having only hashes. In clear text it comes before
 * PLAIN, since a listener has to guess the password instead of reading it.
 */
const WITH_PASSWORD_UNDER_TLS = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"] as const;
const WITH_PASSWORD_IN_CLEAR = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"] as const;

/** The standard before the vendors' own. */
const WITH_TOKEN = ["OAUTHBEARER", "XOAUTH2"] as const;

type PasswordMethod = (typeof WITH_PASSWORD_UNDER_TLS)[number];
type TokenMethod = (typeof WITH_TOKEN)[number];

/**
 * A fresh run of the strongest mechanism that server, credentials and `auth.methods` allow.
 *
 * Without TLS there is none, SCRAM included, unless the connection says `allowClearText`: who can read the link can
 * also write it, and would take the session over once it is authenticated.
 *
 * @throws MailError `auth-insecure`, `auth-unsupported`; both before anything was sent.
 */
export function selectMechanism(auth: SmtpAuth, offered: readonly string[], context: SelectContext): Mechanism {
  if (!context.secured && !context.allowClearText) {
    throw new MailError(
      "auth-insecure",
      "The link is not encrypted, so the credentials were not sent. Use TLS, or set `allowClearText: true`.",
      { phase: "auth" },
    );
  }
  if (auth.password === undefined) return createWithToken(choose(WITH_TOKEN, auth, offered), auth);
  const order = context.secured ? WITH_PASSWORD_UNDER_TLS : WITH_PASSWORD_IN_CLEAR;
  return createWithPassword(choose(order, auth, offered), auth, context);
}

function createWithPassword(method: PasswordMethod, auth: PasswordAuth, { random }: SelectContext): Mechanism {
  switch (method) {
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-1":
      return createScram(method, auth, random);
    case "PLAIN":
      return createPlain(auth);
    case "LOGIN":
      return createLogin(auth);
    case "CRAM-MD5":
      return createCramMd5(auth);
  }
}

function createWithToken(method: TokenMethod, auth: TokenAuth): Mechanism {
  return method === "OAUTHBEARER" ? createOauthBearer(auth) : createXoauth2(auth);
}

function choose<Method extends AuthMethod>(
  order: readonly Method[],
  auth: SmtpAuth,
  offered: readonly string[],
): Method {
  const usable = order.filter((method) => auth.methods?.includes(method) ?? true);
  const names = new Set(offered.map((name) => name.toUpperCase()));
  const chosen = usable.find((method) => names.has(method));
  if (chosen === undefined) {
    const server =
      offered.length === 0
        ? "The server offers no authentication"
        : `The server offers ${shorten([...names].join(", "))}`;
    const credentials = auth.password === undefined ? "an access token" : "a password";
    const narrowed = auth.methods === undefined ? "" : " and these `methods`";
    const client = usable.length === 0 ? "none" : usable.join(", ");
    throw new MailError("auth-unsupported", `${server}; with ${credentials}${narrowed} this client has ${client}.`, {
      phase: "auth",
    });
  }
  return chosen;
}
