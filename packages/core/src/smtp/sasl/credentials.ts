import type { SmtpAuth } from "../../connection.ts";
import { inputError, MailError } from "../../errors.ts";

export type PasswordAuth = Extract<SmtpAuth, { readonly password: string }>;
export type TokenAuth = Extract<SmtpAuth, { readonly password?: undefined }>;

/**
 * What ends a field or a line in one of the mechanisms: NUL in PLAIN, ^A in XOAUTH2 and OAUTHBEARER, CR and LF in the
 * protocol around them. A user name that carries one could write the rest of the response by itself. Base64 hides them
 * from the line writer, so they are refused here, whatever the mechanism; and half a surrogate pair with them, which
 * UTF-8 would silently turn into another password.
 */
const FORBIDDEN = /[\0\x01\r\n]|\p{Surrogate}/u;

/** What a bearer token is made of, `b64token` of RFC 6750 section 2.1, taken a little wider: any visible ASCII. */
const TOKEN = /^[\x21-\x7e]+$/;

/** The user name or password, fit to be put into a response. */
export function checkCredential(field: "username" | "password", text: string): string {
  if (FORBIDDEN.test(text)) {
    throw inputError("invalid-connection", [
      { path: `auth.${field}`, message: "must not contain NUL, ^A, CR, LF or half a surrogate pair" },
    ]);
  }
  return text;
}

/** The access token of this attempt. A function is asked each time, so that a second attempt gets a fresh one. */
export async function readToken({ accessToken }: TokenAuth): Promise<string> {
  const token = typeof accessToken === "string" ? accessToken : await askForToken(accessToken);
  if (typeof token !== "string" || !TOKEN.test(token)) {
    throw inputError("invalid-connection", [
      { path: "auth.accessToken", message: "must be a token of visible ASCII characters (RFC 6750)" },
    ]);
  }
  return token;
}

/** What the function threw is not kept: the errors of HTTP clients hold their request, a refresh token and all. */
async function askForToken(accessToken: () => string | Promise<string>): Promise<string> {
  try {
    return await accessToken();
  } catch {
    throw new MailError("auth-failed", "The function given as auth.accessToken failed.", { phase: "auth" });
  }
}

/** A name inside a GS2 header or a SCRAM message, where comma and equals sign separate (RFC 5801 section 4). */
export function escapeSaslName(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}

/** The server goes on where the mechanism has nothing left to say. */
export function unexpectedChallenge(mechanism: string): MailError {
  return new MailError("protocol-error", `The server sent one more challenge than ${mechanism} has.`, {
    phase: "auth",
  });
}
